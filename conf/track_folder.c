#include "conf/track_folder.h"

#include <stdbool.h>
#include <string.h>

/* Folders for what programs keep and tell at run time. */
static const char *const folders[] = {
	"/dev/shm", "/etc", "/run", "/tmp", "/var/lib", "/var/run", "/var/tmp"};

const char *const *conf_track_folders(size_t *count)
{
	*count = sizeof(folders) / sizeof(folders[0]);
	return folders;
}

static bool is_below(const char *path, const char *folder, size_t length)
{
	return strncmp(path, folder, length) == 0 && path[length] == '/';
}

static bool has_dots(const char *path)
{
	for (const char *part = path; (part = strstr(part, "/..")) != NULL; part += 3)
		if (part[3] == '/' || part[3] == '\0')
			return true;
	return false;
}

const char *conf_track_path_wrong(const char *path, const char *main_file)
{
	const char *slash = strrchr(main_file, '/');

	if (path[0] != '/')
		return "is no absolute path";
	if (has_dots(path))
		return "has '..' in it: write where the file is";
	if (path[strlen(path) - 1] == '/')
		return "is a folder";
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (is_below(path, folders[i], strlen(folders[i])))
			return NULL;
	if (slash != NULL && is_below(path, main_file, (size_t)(slash - main_file)))
		return NULL;
	return "lies where parentd sees no files: those of a track_file are to be below the folder "
	       "of the configuration, /dev/shm, /etc, /run, /tmp, /var/lib or /var/tmp";
}
