// The C headers this module maps; the archive itself is named in Package.swift.
#include <zstd.h>
#include <zstd_errors.h>
