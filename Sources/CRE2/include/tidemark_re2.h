#ifndef TIDEMARK_RE2_H
#define TIDEMARK_RE2_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A compiled pattern. Searching does not change it: any number of threads may share one.
typedef struct tidemark_re2 tidemark_re2;

/// What became of an attempt to compile.
typedef enum tidemark_re2_status {
  TIDEMARK_RE2_OK = 0,
  /// The text is no pattern; the message says why.
  TIDEMARK_RE2_MALFORMED = 1,
  /// The pattern would need more instructions or memory than it may have.
  TIDEMARK_RE2_TOO_LARGE = 2,
  /// The process has no memory left.
  TIDEMARK_RE2_NO_MEMORY = 3,
} tidemark_re2_status;

/// Compiles a pattern: POSIX extended syntax with \d \s \w \b, ignoring letter case, one octet a
/// character, ^ and $ at line feeds, no match across a line feed, no captures.
///
/// - text: `length` octets.
/// - memory: octets for the program and its automata, now and during searches.
/// - instructions: most instructions of the program.
/// - message: receives what is wrong as a C string of at most `message_size` octets, 0 included.
/// Returns null unless `status` becomes TIDEMARK_RE2_OK.
tidemark_re2 *tidemark_re2_new(const char *text, size_t length, int64_t memory, int instructions,
                               tidemark_re2_status *status, char *message, size_t message_size);

/// Finds the lines of a text in which a pattern matches.
///
/// - text: lines with a line feed between two of them, `length` octets.
/// - ends: offset behind each line, ascending; the last is `length`.
/// - hits: has room for `lines` numbers; receives those of the matching lines, ascending.
/// Returns how many there are, or -1 when the process has no memory left.
ptrdiff_t tidemark_re2_search(const tidemark_re2 *pattern, const char *text, size_t length,
                              const uint32_t *ends, size_t lines, uint32_t *hits);

/// Frees a pattern.
void tidemark_re2_free(tidemark_re2 *pattern);

#ifdef __cplusplus
}
#endif

#endif
