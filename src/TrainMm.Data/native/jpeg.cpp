#include "picture.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <tuple>
#include <utility>

#include <jpeglib.h>
#include <jerror.h>

namespace trainmm {
namespace {

constexpr int exif_marker = JPEG_APP0 + 1;

// A progressive file of a few kilobytes can ask for thousands of passes over a large picture; real ones have about ten.
constexpr int max_scans = 500;

struct Errors {
    jpeg_error_mgr base;
    std::jmp_buf jump;
    char text[JMSG_LENGTH_MAX];
};

[[noreturn]] void leave(j_common_ptr state) {
    auto* errors = reinterpret_cast<Errors*>(state->err);
    state->err->format_message(state, errors->text);
    std::longjmp(errors->jump, 1);
}

// libjpeg calls damaged data a warning and paints grey; only warnings that cost no pixel may pass.
void on_message(j_common_ptr state, int level) {
    if (level >= 0) return;
    switch (state->err->msg_code) {
        case JWRN_JPEG_EOF:
        case JWRN_HIT_MARKER:
        case JWRN_HUFF_BAD_CODE:
        case JWRN_ARITH_BAD_CODE:
        case JWRN_MUST_RESYNC:
            leave(state);
        default:
            state->err->num_warnings++;
    }
}

void on_progress(j_common_ptr state) {
    const auto* decoder = reinterpret_cast<j_decompress_ptr>(state);
    if (decoder->input_scan_number <= max_scans) return;
    auto* errors = reinterpret_cast<Errors*>(state->err);
    std::snprintf(errors->text, sizeof errors->text, "more than %d scans", max_scans);
    std::longjmp(errors->jump, 1);
}

inline std::uint8_t times(int a, int b) {
    const int product = a * b + 128;
    return static_cast<std::uint8_t>(((product >> 8) + product) >> 8);
}

// Adobe's inverted CMYK to RGB, with PIL's rounding.
void cmyk_to_rgb(const JSAMPLE* cmyk, int width, std::uint8_t* rgb) {
    for (int x = 0; x < width; x++, cmyk += 4, rgb += 3) {
        for (int channel = 0; channel < 3; channel++) rgb[channel] = static_cast<std::uint8_t>(cmyk[3] - times(255 - cmyk[channel], cmyk[3]));
    }
}

// Between setjmp and longjmp only plain C data lives; the exception starts in a frame of ours after the jump.
class JpegPicture final : public Picture {
public:
    explicit JpegPicture(Bytes bytes) {
        decoder.err = jpeg_std_error(&errors.base);
        errors.base.error_exit = leave;
        errors.base.emit_message = on_message;
        progress.progress_monitor = on_progress;
        if (setjmp(errors.jump) != 0) fail();
        jpeg_create_decompress(&decoder);
        decoder.progress = &progress;
        jpeg_save_markers(&decoder, exif_marker, 0xFFFF);
        jpeg_mem_src(&decoder, bytes.data(), static_cast<unsigned long>(bytes.size()));
        jpeg_read_header(&decoder, TRUE);
        format = TMM_FORMAT_JPEG;
        width = static_cast<int>(decoder.image_width);
        height = static_cast<int>(decoder.image_height);
        for (auto* marker = decoder.marker_list; marker != nullptr; marker = marker->next) {
            if (marker->marker != exif_marker || marker->data_length < 6 || marker->data[0] != 'E') continue;
            orientation = exif_orientation({marker->data, marker->data_length});
            break;
        }
    }

    ~JpegPicture() override { jpeg_destroy_decompress(&decoder); }

    void scale(int wanted_width, int wanted_height) override {
        const auto reduced = [](unsigned int side, int by) { return (static_cast<int>(side) + by - 1) / by; };
        for (const int by : {8, 4, 2}) {
            if (reduced(decoder.image_width, by) < wanted_width || reduced(decoder.image_height, by) < wanted_height) continue;
            decoder.scale_num = 1;
            decoder.scale_denom = static_cast<unsigned int>(by);
            width = reduced(decoder.image_width, by);
            height = reduced(decoder.image_height, by);
            return;
        }
    }

    // Columns are left out by whole blocks, and rows by whole rows of blocks. Chroma is interpolated between neighbours, and at the edge of what is decoded
    // it is not what it would be farther in: a block more on each side has room for that.
    Box keep(Box wanted) override {
        kept = {0, 0, width, height};
#if defined(LIBJPEG_TURBO_VERSION_NUMBER) && LIBJPEG_TURBO_VERSION_NUMBER >= 2001000
        if (decoder.scale_denom != 1) return kept;
        const auto outside = [](int first, int count, int block, int whole) {
            const int from = std::max(first / block - 1, 0) * block;
            const int to = std::min(((first + count + block - 1) / block + 1) * block, whole);
            return std::pair(from, to - from);
        };
        std::tie(kept.left, kept.width) = outside(wanted.left, wanted.width, decoder.max_h_samp_factor * DCTSIZE, width);
        std::tie(kept.top, kept.height) = outside(wanted.top, wanted.height, decoder.max_v_samp_factor * DCTSIZE, height);
#endif
        return kept;
    }

    void decode(std::uint8_t* rgb) override {
        if (setjmp(errors.jump) != 0) fail();
        const bool four_inks = decoder.jpeg_color_space == JCS_CMYK || decoder.jpeg_color_space == JCS_YCCK;
        decoder.out_color_space = four_inks ? JCS_CMYK : JCS_RGB;
        decoder.dct_method = JDCT_ISLOW;
        decoder.do_fancy_upsampling = TRUE;
        jpeg_start_decompress(&decoder);
        if (static_cast<int>(decoder.output_width) != width || static_cast<int>(decoder.output_height) != height) {
            std::snprintf(errors.text, sizeof errors.text, "the size changed while decoding");
            std::longjmp(errors.jump, 1);
        }

        leave_out_columns();
        const auto row_after = static_cast<JDIMENSION>(kept.top + kept.height);
        JSAMPARRAY spare = decoder.mem->alloc_sarray(reinterpret_cast<j_common_ptr>(&decoder), JPOOL_IMAGE, decoder.output_width * (four_inks ? 4 : 3), 1);
        leave_out_rows(static_cast<JDIMENSION>(kept.top));
        for (; decoder.output_scanline < row_after; rgb += static_cast<std::size_t>(kept.width) * 3) {
            jpeg_read_scanlines(&decoder, four_inks ? spare : &rgb, 1);
            if (four_inks) cmyk_to_rgb(spare[0], kept.width, rgb);
        }

        // libjpeg does not look at what is left out up to the end, where damage would pass: the last row is decoded, and thrown away.
        leave_out_rows(decoder.output_height - 1);
        if (decoder.output_scanline < decoder.output_height) jpeg_read_scanlines(&decoder, spare, 1);
        jpeg_finish_decompress(&decoder);
    }

private:
    void leave_out_columns() {
#ifdef LIBJPEG_TURBO_VERSION_NUMBER
        if (kept.width == width) return;
        auto [left, columns] = std::pair(static_cast<JDIMENSION>(kept.left), static_cast<JDIMENSION>(kept.width));
        jpeg_crop_scanline(&decoder, &left, &columns);
        if (static_cast<int>(left) == kept.left && static_cast<int>(columns) == kept.width) return;
        std::snprintf(errors.text, sizeof errors.text, "libjpeg left out other columns than it was told to");
        std::longjmp(errors.jump, 1);
#endif
    }

    void leave_out_rows([[maybe_unused]] JDIMENSION up_to) {
#ifdef LIBJPEG_TURBO_VERSION_NUMBER
        if (decoder.output_scanline < up_to) jpeg_skip_scanlines(&decoder, up_to - decoder.output_scanline);
#endif
    }

    // The constructor's own failure does not run the destructor, hence the release here.
    [[noreturn]] void fail() {
        if (format == 0) jpeg_destroy_decompress(&decoder);
        const bool memory = errors.base.msg_code == JERR_OUT_OF_MEMORY;
        throw Failure(memory ? TMM_OUT_OF_MEMORY : TMM_CORRUPT, std::string("damaged or truncated JPEG: ") + errors.text);
    }

    jpeg_decompress_struct decoder{};
    jpeg_progress_mgr progress{};
    Errors errors{};
    Box kept{};
};

}  // namespace

std::unique_ptr<Picture> open_jpeg(Bytes bytes) { return std::make_unique<JpegPicture>(bytes); }

}  // namespace trainmm
