/* Looks names up in an mtbl table, one thread: what dnstable does before it decodes and prints
 * what it found. Compression and block size are those of dnstable's own tables.
 * Usage: mtbl-lookup PREFIX COUNT   PREFIX.entries: keys and values, PREFIX.keys: what keys of the
 * names begin with, each after its length (16 bits, big endian); writes PREFIX.mtbl
 * Prints: look-ups rows seconds */
#include "baseline.h"
#include <mtbl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_OCTETS = 8192, PATH_OCTETS = 4096 };

struct octets {
    unsigned char *data;
    size_t count;
};

static void fail(const char *what)
{
    fprintf(stderr, "mtbl-lookup: %s\n", what);
    exit(1);
}

static struct octets content(const char *prefix, const char *ending)
{
    struct octets all;
    char path[PATH_OCTETS];
    snprintf(path, sizeof path, "%s.%s", prefix, ending);
    all.data = read_all(path, &all.count);
    if (!all.data)
        fail(path);
    return all;
}

/* What lies behind the next length; moves `at` behind it. */
static struct octets take(struct octets all, size_t *at)
{
    struct octets taken = {NULL, 0};
    if (*at + 2 <= all.count) {
        taken.count = (size_t)all.data[*at] << 8 | all.data[*at + 1];
        taken.data = all.data + *at + 2;
        *at += 2 + taken.count;
    }
    if (!taken.data || *at > all.count)
        fail("cut short");
    return taken;
}

/* Records of several vantages share a key. */
static void keep_first(void *closure, const uint8_t *key, size_t key_count, const uint8_t *first,
                       size_t first_count, const uint8_t *second, size_t second_count,
                       uint8_t **merged, size_t *merged_count)
{
    (void)closure, (void)key, (void)key_count, (void)second, (void)second_count;
    *merged = malloc(first_count);
    if (!*merged)
        fail("no memory");
    memcpy(*merged, first, first_count);
    *merged_count = first_count;
}

static void build(struct octets entries, const char *path)
{
    struct mtbl_sorter_options *sorting = mtbl_sorter_options_init();
    struct mtbl_writer_options *writing = mtbl_writer_options_init();

    mtbl_sorter_options_set_merge_func(sorting, keep_first, NULL);
    mtbl_sorter_options_set_max_memory(sorting, (size_t)1 << 30);
    mtbl_writer_options_set_compression(writing, MTBL_COMPRESSION_ZLIB);
    mtbl_writer_options_set_block_size(writing, BLOCK_OCTETS);
    unlink(path);
    struct mtbl_sorter *sorter = mtbl_sorter_init(sorting);
    struct mtbl_writer *writer = mtbl_writer_init(path, writing);
    if (!sorter || !writer)
        fail(path);
    for (size_t at = 0; at < entries.count;) {
        struct octets key = take(entries, &at);
        struct octets value = take(entries, &at);
        if (mtbl_sorter_add(sorter, key.data, key.count, value.data, value.count) !=
            mtbl_res_success)
            fail("the sorter takes no entry");
    }
    if (mtbl_sorter_write(sorter, writer) != mtbl_res_success)
        fail("the table cannot be written");
    mtbl_sorter_destroy(&sorter);
    mtbl_writer_destroy(&writer);
    mtbl_sorter_options_destroy(&sorting);
    mtbl_writer_options_destroy(&writing);
}

/* Rows of the names that keys begin with, or of as many as `most`, from the first one again. */
static size_t look_up(const struct mtbl_source *table, struct octets keys, size_t most)
{
    const uint8_t *key, *value;
    size_t key_count, value_count, rows = 0, octets = 0, at = 0;

    for (size_t done = 0; done < most; done++) {
        if (at >= keys.count)
            at = 0;
        struct octets name = take(keys, &at);
        struct mtbl_iter *found = mtbl_source_get_prefix(table, name.data, name.count);
        while (mtbl_iter_next(found, &key, &key_count, &value, &value_count) == mtbl_res_success) {
            rows++;
            octets += key[key_count - 1] + value[value_count - 1];
        }
        mtbl_iter_destroy(&found);
    }
    /* Touching what was found keeps the loop honest. */
    return octets ? rows : 0;
}

int main(int argc, char **argv)
{
    char path[PATH_OCTETS];

    if (argc != 3 || strlen(argv[1]) > sizeof path - 16) {
        fprintf(stderr, "usage: %s PREFIX COUNT\n", argv[0]);
        return 2;
    }
    size_t count = strtoul(argv[2], NULL, 10);
    struct octets entries = content(argv[1], "entries"), keys = content(argv[1], "keys");
    snprintf(path, sizeof path, "%s.mtbl", argv[1]);
    build(entries, path);
    free(entries.data);

    struct mtbl_reader *reader = mtbl_reader_init(path, NULL);
    if (!reader)
        fail(path);
    const struct mtbl_source *table = mtbl_reader_source(reader);
    look_up(table, keys, count);
    double start = now();
    size_t rows = look_up(table, keys, count);
    printf("%zu %zu %.6f\n", count, rows, now() - start);
    mtbl_reader_destroy(&reader);
    free(keys.data);
    return 0;
}
