#ifndef SLUICE_CPAGE_H
#define SLUICE_CPAGE_H

#include <stddef.h>

/// One file of the status page, as it was in public/ when this was built.
typedef struct {
    /// Its name in public/, ended by a zero.
    const char *name;
    const unsigned char *bytes;
    size_t count;
} sluice_page_file;

/// The file with this number, from 0; NULL past the last. It is constant and lives as long as the process.
const sluice_page_file *sluice_page_file_at(size_t index);

/// The same for the files of public/ that `sluice export` prints.
const sluice_page_file *sluice_export_file_at(size_t index);

#endif
