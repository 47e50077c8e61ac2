#define _GNU_SOURCE  // for dl_iterate_phdr, which Swift does not show
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include "CPages.h"

static int release(struct dl_phdr_info *program, size_t size, void *data) {
  (void)size, (void)data;
  const ElfW(Addr) page = (ElfW(Addr))sysconf(_SC_PAGESIZE);
  for (int i = 0; i < program->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &program->dlpi_phdr[i];
    if (part->p_type != PT_LOAD || (part->p_flags & PF_W)) continue;
    const ElfW(Addr) start = (program->dlpi_addr + part->p_vaddr) / page * page;
    const ElfW(Addr) end = program->dlpi_addr + part->p_vaddr + part->p_memsz;
    madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 1;  // the program itself is told of first, its libraries after it
}

void release_code_pages(void) { dl_iterate_phdr(release, NULL); }
