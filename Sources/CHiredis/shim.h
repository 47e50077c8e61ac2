// The C headers this module maps; the archive itself is named in Package.swift.
#include <hiredis/hiredis.h>
