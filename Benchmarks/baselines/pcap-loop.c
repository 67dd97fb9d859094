/* Reads a capture with libpcap and does nothing with it: the floor of any importer.
 * Usage: pcap-loop FILE      Prints: packets octets seconds */
#include "baseline.h"
#include <pcap/pcap.h>
#include <stdint.h>

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *head;
    const unsigned char *data;
    uint64_t packets = 0, octets = 0;
    int status;

    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return 2;
    }
    double start = now();
    pcap_t *file = pcap_open_offline(argv[1], error);
    if (!file) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    while ((status = pcap_next_ex(file, &head, &data)) == 1) {
        packets++;
        /* Touching one octet of each packet keeps the loop honest. */
        octets += head->caplen + (head->caplen ? data[0] & 0 : 0);
    }
    if (status == PCAP_ERROR) {
        pcap_perror(file, argv[1]);
        return 1;
    }
    pcap_close(file);
    printf("%llu %llu %.6f\n", (unsigned long long)packets, (unsigned long long)octets,
           now() - start);
    return 0;
}
