/* Decodes messages with ldns' wire parser, one thread, and frees them again.
 * Usage: ldns-decode FILE [PASSES]   FILE: messages, each after its length (16 bits, big endian)
 * Prints: messages seconds, of the fastest pass. */
#include "baseline.h"
#include <ldns/ldns.h>

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
