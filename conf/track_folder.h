/* Where a track_file may lie: parentd sees no other folders. */
#ifndef HOLDFAST_CONF_TRACK_FOLDER_H
#define HOLDFAST_CONF_TRACK_FOLDER_H

#include <stddef.h>

/* Besides that of the configuration. */
const char *const *conf_track_folders(size_t *count);

/* NULL: it may lie there. Else why it may not, as the end of a sentence that begins with the path.
 * main_file is that of the configuration. */
const char *conf_track_path_wrong(const char *path, const char *main_file);

#endif
