/* Runs a fuzz target over every file of a corpus directory, so that what a fuzzer once found stays
 * tested in every build, sanitizers included. */
#include <dirent.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		err(1, "%s", path);
	/* An allocation of the exact size lets AddressSanitizer see a read one byte too far. */
	static uint8_t buffer[1 << 20];
	size_t size = fread(buffer, 1, sizeof(buffer), file);
	if (ferror(file))
		err(1, "%s", path);
	fclose(file);
	uint8_t *exact = malloc(size > 0 ? size : 1);
	if (exact == NULL)
		err(1, "malloc");
	memcpy(exact, buffer, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: %s DIRECTORY", argv[0]);
	DIR *directory = opendir(argv[1]);
	if (directory == NULL)
		err(1, "%s", argv[1]);
	unsigned files = 0;
	struct dirent *entry;
	while ((entry = readdir(directory)) != NULL) {
		char path[4096];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		replay_file(path);
		files++;
	}
	closedir(directory);
	if (files == 0)
		errx(1, "%s: empty corpus", argv[1]);
	printf("%u inputs replayed\n", files);
	return 0;
}
