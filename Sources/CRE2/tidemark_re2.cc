#include "tidemark_re2.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

using re2::RE2;
using re2::StringPiece;

struct tidemark_re2 {
  tidemark_re2(const StringPiece &text, const RE2::Options &options) : expression(text, options) {}
  RE2 expression;
};

namespace {

RE2::Options make_options(int64_t memory) {
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_posix_syntax(true);
  options.set_perl_classes(true);
  options.set_word_boundary(true);
  options.set_one_line(false);
  options.set_never_nl(true);
  options.set_never_capture(true);
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  options.set_max_mem(memory);
  return options;
}

tidemark_re2_status status_of(const tidemark_re2 &pattern, int instructions) {
  if (pattern.expression.ok()) {
    // The size of a program that is fine otherwise.
    return pattern.expression.ProgramSize() <= instructions ? TIDEMARK_RE2_OK
                                                            : TIDEMARK_RE2_TOO_LARGE;
  }
  switch (pattern.expression.error_code()) {
    case RE2::ErrorPatternTooLarge:
    case RE2::ErrorRepeatSize:
      return TIDEMARK_RE2_TOO_LARGE;
    default:
      return TIDEMARK_RE2_MALFORMED;
  }
}

}  // namespace

// No exception may leave these functions: their callers know nothing of C++.

tidemark_re2 *tidemark_re2_new(const char *text, size_t length, int64_t memory, int instructions,
                               tidemark_re2_status *status, char *message, size_t message_size) {
  if (message_size > 0) message[0] = 0;
  try {
    auto pattern = std::make_unique<tidemark_re2>(StringPiece(text, length), make_options(memory));
    *status = status_of(*pattern, instructions);
    if (*status == TIDEMARK_RE2_OK) return pattern.release();
    if (message_size > 0) {
      const std::string &error = pattern->expression.error();
      const size_t count = std::min(error.size(), message_size - 1);
      std::memcpy(message, error.data(), count);
      message[count] = 0;
    }
  } catch (...) {
    *status = TIDEMARK_RE2_NO_MEMORY;
  }
  return nullptr;
}

ptrdiff_t tidemark_re2_search(const tidemark_re2 *pattern, const char *text, size_t length,
                              const uint32_t *ends, size_t lines, uint32_t *hits) {
  try {
    const StringPiece all(text, length);
    size_t start = 0;
    size_t line = 0;
    ptrdiff_t count = 0;
    while (line < lines) {
      StringPiece match;
      if (!pattern->expression.Match(all, start, length, RE2::UNANCHORED, &match, 1)) break;
      // A match holds no line feed, so its end and its beginning are on the same line.
      const size_t end = static_cast<size_t>(match.data() - text) + match.size();
      line = static_cast<size_t>(std::lower_bound(ends + line, ends + lines, end) - ends);
      if (line == lines) break;
      hits[count++] = static_cast<uint32_t>(line);
      start = ends[line] + 1;
      line += 1;
    }
    return count;
  } catch (...) {
    return -1;
  }
}

void tidemark_re2_free(tidemark_re2 *pattern) { delete pattern; }
