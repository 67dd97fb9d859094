#include "tidemark_re2.h"

#include <re2/re2.h>

struct tidemark_re2 {
  re2::RE2 *expression;
};

void tidemark_re2_free(tidemark_re2 *pattern) {
  if (pattern == nullptr) return;
  delete pattern->expression;
  delete pattern;
}
