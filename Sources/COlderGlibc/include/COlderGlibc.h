// Stands in for functions whose newest version keeps the program from systems with an older glibc. Nothing
// is called from Swift.
#pragma once
