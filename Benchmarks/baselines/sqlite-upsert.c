/* What many home-made collectors do: one sqlite table, an index by rdata, an upsert for each
 * line of a passivedns log. Usage: sqlite-upsert LOG DATABASE      Prints: lines rows seconds */
#include "baseline.h"
#include <sqlite3.h>
#include <string.h>

enum { FIELDS = 9, ROWS_PER_TRANSACTION = 100000 };

static void run(sqlite3 *db, const char *sql)
{
    char *error = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK) {
        fprintf(stderr, "sqlite: %s\n", error);
        exit(1);
    }
}

/* Cuts a line at "||"; returns the number of fields. */
static int split(char *line, char *fields[FIELDS])
{
    int n = 0;
    for (char *at = line; at && n < FIELDS; n++) {
        char *end = strstr(at, "||");
        fields[n] = at;
        if (end) {
            *end = 0;
            end += 2;
        }
        at = end;
    }
    return n;
}

static void text(sqlite3_stmt *statement, int place, const char *value)
{
    sqlite3_bind_text(statement, place, value, -1, SQLITE_STATIC);
}

int main(int argc, char **argv)
{
    sqlite3 *db;
    sqlite3_stmt *upsert, *count;
    char *line = NULL, *f[FIELDS];
    size_t room = 0;
    ssize_t length;
    long long lines = 0;
    FILE *log = argc == 3 ? fopen(argv[1], "r") : NULL;

    if (!log || sqlite3_open(argv[2], &db) != SQLITE_OK) {
        fprintf(stderr, "usage: %s LOG DATABASE\n", argv[0]);
        return 2;
    }
    run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-262144;"
            "PRAGMA wal_autocheckpoint=50000;"
            "CREATE TABLE pdns(query TEXT, type TEXT, answer TEXT, first REAL, last REAL,"
            " count INTEGER, PRIMARY KEY(query, type, answer)) WITHOUT ROWID;"
            "CREATE INDEX by_answer ON pdns(answer);");
    if (sqlite3_prepare_v2(db,
            "INSERT INTO pdns VALUES(?1, ?2, ?3, ?4, ?4, ?5) ON CONFLICT DO UPDATE SET"
            " first = min(first, ?4), last = max(last, ?4), count = count + ?5",
            -1, &upsert, NULL) != SQLITE_OK)
        return 1;
    double start = now();
    run(db, "BEGIN");
    while ((length = getline(&line, &room, log)) > 0) {
        line[strcspn(line, "\r\n")] = 0;
        if (split(line, f) < FIELDS)
            continue;
        text(upsert, 1, f[4]);
        text(upsert, 2, f[5]);
        text(upsert, 3, f[6]);
        sqlite3_bind_double(upsert, 4, atof(f[0]));
        sqlite3_bind_int64(upsert, 5, atoll(f[8]));
        if (sqlite3_step(upsert) != SQLITE_DONE) {
            fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db));
            return 1;
        }
        sqlite3_reset(upsert);
        if (++lines % ROWS_PER_TRANSACTION == 0)
            run(db, "COMMIT; BEGIN");
    }
    run(db, "COMMIT");
    double seconds = now() - start;
    if (sqlite3_prepare_v2(db, "SELECT count(*) FROM pdns", -1, &count, NULL) != SQLITE_OK ||
        sqlite3_step(count) != SQLITE_ROW)
        return 1;
    printf("%lld %lld %.6f\n", lines, (long long)sqlite3_column_int64(count, 0), seconds);
    free(line);
    sqlite3_finalize(upsert);
    sqlite3_finalize(count);
    sqlite3_close(db);
    return 0;
}
