/* Makes the pictures beside it, of all the ways in which a JPEG keeps its chroma: cc -o make make.c -ljpeg -lm && ./make */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

typedef struct {
    const char* file;
    int width, height, components;
    J_COLOR_SPACE from, to;
    int across, down; /* luma's sampling factors */
    int progressive, restart_interval;
} Picture;

static const Picture pictures[] = {
    {"420.jpg", 131, 117, 3, JCS_RGB, JCS_YCbCr, 2, 2, 0, 0},
    {"420-restarts.jpg", 128, 112, 3, JCS_RGB, JCS_YCbCr, 2, 2, 0, 3},
    {"420-progressive.jpg", 117, 131, 3, JCS_RGB, JCS_YCbCr, 2, 2, 1, 0},
    {"422.jpg", 131, 117, 3, JCS_RGB, JCS_YCbCr, 2, 1, 0, 0},
    {"440.jpg", 131, 117, 3, JCS_RGB, JCS_YCbCr, 1, 2, 0, 0},
    {"411.jpg", 131, 117, 3, JCS_RGB, JCS_YCbCr, 4, 1, 0, 0},
    {"444.jpg", 131, 117, 3, JCS_RGB, JCS_YCbCr, 1, 1, 0, 0},
    {"444-progressive.jpg", 131, 117, 3, JCS_RGB, JCS_YCbCr, 1, 1, 1, 0},
    {"rgb.jpg", 131, 117, 3, JCS_RGB, JCS_RGB, 1, 1, 0, 0},
    {"grey.jpg", 131, 117, 1, JCS_GRAYSCALE, JCS_GRAYSCALE, 1, 1, 0, 0},
    {"cmyk.jpg", 99, 89, 4, JCS_CMYK, JCS_YCCK, 2, 2, 0, 0},
};

/* Waves that differ by channel, with steps in them so that neighbours' chroma differs. */
static int value(int x, int y, int channel) {
    const double waves = 128 + 70 * sin(x * (0.11 + 0.07 * channel) + y * 0.05) + 50 * cos(y * (0.13 + 0.05 * channel) - x * 0.03 * channel);
    const double steps = (x / 9 + y / 7 + channel) % 5 == 0 ? 40 : 0;
    return (int)fmin(fmax(waves - steps, 0), 255);
}

static void make(const Picture* picture) {
    struct jpeg_compress_struct coder;
    struct jpeg_error_mgr errors;
    FILE* file = fopen(picture->file, "wb");
    JSAMPROW row = malloc((size_t)picture->width * picture->components);
    coder.err = jpeg_std_error(&errors);
    jpeg_create_compress(&coder);
    jpeg_stdio_dest(&coder, file);
    coder.image_width = picture->width;
    coder.image_height = picture->height;
    coder.input_components = picture->components;
    coder.in_color_space = picture->from;
    jpeg_set_defaults(&coder);
    jpeg_set_colorspace(&coder, picture->to);
    jpeg_set_quality(&coder, 25, TRUE);
    coder.comp_info[0].h_samp_factor = picture->across;
    coder.comp_info[0].v_samp_factor = picture->down;
    coder.optimize_coding = TRUE;
    coder.restart_interval = picture->restart_interval;
    if (picture->progressive) jpeg_simple_progression(&coder);
    jpeg_start_compress(&coder, TRUE);
    for (int y = 0; y < picture->height; y++) {
        for (int i = 0; i < picture->width * picture->components; i++) row[i] = value(i / picture->components, y, i % picture->components);
        jpeg_write_scanlines(&coder, &row, 1);
    }
    jpeg_finish_compress(&coder);
    jpeg_destroy_compress(&coder);
    free(row);
    fclose(file);
}

int main(void) {
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) make(&pictures[i]);
    return 0;
}
