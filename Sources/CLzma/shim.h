// The C headers this module maps; the archive itself is named in Package.swift.
#include <lzma.h>

// A macro with a cast, which Swift does not see.
static const uint32_t lzma_concatenated = LZMA_CONCATENATED;
