#include <math.h>

#include "COlderGlibc.h"

// Swift's overlay of glibc refers to it, so a program that links Swift's libraries asks for the version of
// glibc 2.35, which Amazon Linux 2023 and RHEL 9 (2.34) do not have; all else it needs, they have. In double
// precision neither square of a float can overflow or vanish.
float hypotf(float x, float y) {
  if (isinf(x) || isinf(y)) return INFINITY;
  return (float)sqrt((double)x * x + (double)y * y);
}
