/* Decodes messages with ldns' wire parser, one thread, and frees them again.
 * Usage: ldns-decode FILE [PASSES]   FILE: messages, each after its length (16 bits, big endian)
 * Prints: messages seconds, of the fastest pass. */
#define _POSIX_C_SOURCE 200809L
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned char *read_all(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        return NULL;
    long end = ftell(file);
    rewind(file);
    unsigned char *data = end > 0 ? malloc((size_t)end) : NULL;
    if (data && fread(data, 1, (size_t)end, file) != (size_t)end) {
        free(data);
        data = NULL;
    }
    fclose(file);
    *size = end > 0 ? (size_t)end : 0;
    return data;
}

int main(int argc, char **argv)
{
    size_t size = 0, messages = 0;
    double best = 1e9;
    int passes = argc > 2 ? atoi(argv[2]) : 3;
    unsigned char *data = argc > 1 ? read_all(argv[1], &size) : NULL;

    if (!data) {
        fprintf(stderr, "usage: %s FILE [PASSES]\n", argv[0]);
        return 2;
    }
    for (int pass = 0; pass < passes; pass++) {
        size_t at = 0;
        double start = now();
        messages = 0;
        while (at + 2 <= size) {
            size_t length = (size_t)data[at] << 8 | data[at + 1];
            ldns_pkt *packet = NULL;
            at += 2;
            if (at + length > size || ldns_wire2pkt(&packet, data + at, length) != LDNS_STATUS_OK) {
                fprintf(stderr, "message %zu is not readable\n", messages);
                return 1;
            }
            ldns_pkt_free(packet);
            at += length;
            messages++;
        }
        double seconds = now() - start;
        if (seconds < best)
            best = seconds;
    }
    printf("%zu %.6f\n", messages, best);
    free(data);
    return 0;
}
