#include "picture.h"

#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <png.h>

namespace trainmm {
namespace {

// APNG's acTL chunk says how many frames there are; libpng skips it and decodes the default picture.
int animation_frames(Bytes bytes) {
    const auto u32 = [&](std::size_t at) {
        return static_cast<std::uint32_t>(bytes[at]) << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
    };
    for (std::size_t at = 8; at + 16 <= bytes.size();) {
        if (std::memcmp(&bytes[at + 4], "IDAT", 4) == 0) return 1;
        if (std::memcmp(&bytes[at + 4], "acTL", 4) == 0) return static_cast<int>(std::min<std::uint32_t>(u32(at + 8), 0x7FFFFFFF));
        at += 12 + static_cast<std::size_t>(u32(at));
    }

    return 1;
}

// Between setjmp and longjmp only plain C data lives; the exception starts in a frame of ours after the jump.
class PngPicture final : public Picture {
public:
    explicit PngPicture(Bytes bytes) : rest(bytes) {
        png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
        info = png != nullptr ? png_create_info_struct(png) : nullptr;
        if (info == nullptr) {
            png_destroy_read_struct(&png, nullptr, nullptr);
            throw Failure(TMM_OUT_OF_MEMORY, "no memory for the PNG reader");
        }

        if (setjmp(jump) != 0) fail();
        png_set_read_fn(png, this, on_read);
        png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
        png_read_info(png, info);
        format = TMM_FORMAT_PNG;
        width = static_cast<int>(png_get_image_width(png, info));
        height = static_cast<int>(png_get_image_height(png, info));
        frames = animation_frames(bytes);
        png_bytep exif = nullptr;
        png_uint_32 exif_length = 0;
        if (png_get_eXIf_1(png, info, &exif_length, &exif) != 0) orientation = exif_orientation({exif, exif_length});
    }

    ~PngPicture() override { png_destroy_read_struct(&png, &info, nullptr); }

    // Palette, grey and 16 bits become 8-bit RGB; alpha is dropped, not composited, as PIL's convert("RGB") does.
    void decode(std::uint8_t* rgb) override {
        if (setjmp(jump) != 0) fail();
        png_set_palette_to_rgb(png);
        png_set_expand_gray_1_2_4_to_8(png);
        png_set_strip_16(png);
        png_set_gray_to_rgb(png);
        png_set_strip_alpha(png);
        const int passes = png_set_interlace_handling(png);
        png_read_update_info(png, info);
        const std::size_t stride = static_cast<std::size_t>(width) * 3;
        if (png_get_rowbytes(png, info) != stride) png_error(png, "its colour type is not understood");
        for (int pass = 0; pass < passes; pass++) {
            for (int y = 0; y < height; y++) png_read_row(png, rgb + y * stride, nullptr);
        }

        png_read_end(png, nullptr);
    }

private:
    static PngPicture* of(png_structp png) { return static_cast<PngPicture*>(png_get_error_ptr(png)); }

    [[noreturn]] static void on_error(png_structp png, png_const_charp text) {
        auto* picture = of(png);
        std::snprintf(picture->text, sizeof picture->text, "%s", text);
        std::longjmp(picture->jump, 1);
    }

    // Warnings are about ancillary chunks (colour profiles, text): no pixel depends on them.
    static void on_warning(png_structp, png_const_charp) {}

    static void on_read(png_structp png, png_bytep target, std::size_t count) {
        auto* picture = of(png);
        if (count > picture->rest.size()) png_error(png, "the file ends too early");
        std::memcpy(target, picture->rest.data(), count);
        picture->rest = picture->rest.subspan(count);
    }

    // The constructor's own failure does not run the destructor, hence the release here.
    [[noreturn]] void fail() {
        if (format == 0) png_destroy_read_struct(&png, &info, nullptr);
        throw Failure(TMM_CORRUPT, std::string("damaged or truncated PNG: ") + text);
    }

    png_structp png = nullptr;
    png_infop info = nullptr;
    Bytes rest;
    std::jmp_buf jump{};
    char text[200]{};
};

}  // namespace

std::unique_ptr<Picture> open_png(Bytes bytes) { return std::make_unique<PngPicture>(bytes); }

}  // namespace trainmm
