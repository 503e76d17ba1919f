/* The media shim's C interface: pictures in memory to 8-bit RGB. No state outlives a call and every call may run on any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define TMM_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

enum { TMM_FORMAT_JPEG = 1, TMM_FORMAT_PNG = 2, TMM_FORMAT_WEBP = 3 };

enum {
    TMM_OK = 0,
    TMM_UNSUPPORTED = 1,   /* not a picture, or one of another format */
    TMM_CORRUPT = 2,       /* truncated or damaged */
    TMM_TOO_LARGE = 3,     /* more pixels than max_pixels, said from the header */
    TMM_OUT_OF_MEMORY = 4,
    TMM_BAD_ARGUMENT = 5
};

typedef struct tmm_options {
    int64_t max_pixels;        /* cap on width * height as the header has them */
    int32_t apply_orientation; /* 1: turn the picture as its EXIF orientation says */
    int32_t scale_to_width;    /* > 0 (both): a JPEG may be decoded at 1/2, 1/4 or 1/8 as long as the result is at least this large; */
    int32_t scale_to_height;   /* measured after orientation. 0: every pixel is decoded */
} tmm_options;

/* A part of a picture, measured after orientation and scaling. */
typedef struct tmm_box {
    int32_t left;
    int32_t top;
    int32_t width;
    int32_t height;
} tmm_box;

typedef struct tmm_info {
    int32_t format;
    int32_t width;         /* as stored, before orientation and scaling */
    int32_t height;
    int32_t orientation;   /* EXIF, 1 to 8; 1 where there is none */
    int32_t frames;        /* 1 for a still picture; the first one is decoded */
    int32_t output_width;  /* of what tmm_decode writes with the same options */
    int32_t output_height;
} tmm_info;

/* Reads the header only. On failure the reason is written to message (UTF-8, cut to capacity, zero-terminated). */
TMM_API int32_t tmm_probe(const uint8_t* bytes, size_t length, const tmm_options* options, tmm_info* info, char* message, size_t capacity);

/* Decodes into rgb, which has room for output_width * output_height * 3 bytes, what covers the box (which may be the whole picture), and sets the box to what
   it was: rows top down without padding. Every pixel is what it would be in the whole picture, and a file that is damaged outside the box is refused all the same. */
TMM_API int32_t tmm_decode(const uint8_t* bytes, size_t length, const tmm_options* options, tmm_box* box, uint8_t* rgb, size_t rgb_length, char* message, size_t capacity);

#ifdef __cplusplus
}
#endif
