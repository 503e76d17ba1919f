/* Decodes one JPEG over and over with libjpeg-turbo alone, as PIL does: jpeg FILE. For each line that it reads, a number of pictures, it prints pictures a second. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <jpeglib.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void decode(const unsigned char* bytes, unsigned long length, unsigned char* rgb) {
    struct jpeg_decompress_struct decoder;
    struct jpeg_error_mgr errors;
    decoder.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&decoder);
    jpeg_mem_src(&decoder, bytes, length);
    jpeg_read_header(&decoder, TRUE);
    jpeg_start_decompress(&decoder);
    while (decoder.output_scanline < decoder.output_height) {
        JSAMPROW row = rgb + (size_t)decoder.output_scanline * decoder.output_width * 3;
        jpeg_read_scanlines(&decoder, &row, 1);
    }
    jpeg_finish_decompress(&decoder);
    jpeg_destroy_decompress(&decoder);
}

int main(int count, char** words) {
    static unsigned char bytes[1 << 20], rgb[640 * 480 * 3];
    FILE* file = count == 2 ? fopen(words[1], "rb") : NULL;
    if (file == NULL) return 2;
    const unsigned long length = fread(bytes, 1, sizeof bytes, file);
    for (int pictures; scanf("%d", &pictures) == 1;) {
        const double started = now();
        for (int i = 0; i < pictures; i++) decode(bytes, length, rgb);
        printf("%.3f\n", pictures / (now() - started));
        fflush(stdout);
    }
    return 0;
}
