// The memory that the program's own code takes.
#pragma once

/// Gives back the pages of the program's own code and constants that starting has touched, of which a long
/// reading needs a third: they count as the program's memory as long as they are mapped (`ru_maxrss`).
/// What is needed again comes from the kernel's cache, in fractions of a millisecond.
void release_code_pages(void);
