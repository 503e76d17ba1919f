#include "picture.h"

#include <webp/decode.h>
#include <webp/demux.h>

namespace trainmm {
namespace {

struct Demuxer {
    explicit Demuxer(const WebPData& data) : handle(WebPDemuxPartial(&data, &state)) {}
    ~Demuxer() { WebPDemuxDelete(handle); }
    Demuxer(const Demuxer&) = delete;
    Demuxer& operator=(const Demuxer&) = delete;

    WebPDemuxState state = WEBP_DEMUX_PARSE_ERROR;
    WebPDemuxer* handle;
};

const char* reason(VP8StatusCode status) {
    switch (status) {
        case VP8_STATUS_OUT_OF_MEMORY: return "no memory for it";
        case VP8_STATUS_BITSTREAM_ERROR: return "its bit stream is damaged";
        case VP8_STATUS_UNSUPPORTED_FEATURE: return "it uses a feature that the decoder does not know";
        case VP8_STATUS_NOT_ENOUGH_DATA: return "the file ends too early";
        default: return "it cannot be decoded";
    }
}

class WebpPicture final : public Picture {
public:
    explicit WebpPicture(Bytes bytes) : bytes(bytes) {
        WebPBitstreamFeatures features;
        const auto status = WebPGetFeatures(bytes.data(), bytes.size(), &features);
        if (status != VP8_STATUS_OK) fail(status);
        format = TMM_FORMAT_WEBP;
        width = features.width;
        height = features.height;

        const WebPData data{bytes.data(), bytes.size()};
        const Demuxer demuxer(data);
        if (demuxer.handle == nullptr) return;
        if (features.has_animation != 0) frames = std::max(1, static_cast<int>(WebPDemuxGetI(demuxer.handle, WEBP_FF_FRAME_COUNT)));
        animated = features.has_animation != 0;
        WebPChunkIterator chunk;
        if (WebPDemuxGetChunk(demuxer.handle, "EXIF", 1, &chunk) != 0) {
            orientation = exif_orientation({chunk.chunk.bytes, chunk.chunk.size});
            WebPDemuxReleaseChunkIterator(&chunk);
        }
    }

    void decode(std::uint8_t* rgb) override {
        if (animated) {
            decode_first_frame(rgb);
            return;
        }

        WebPDecoderConfig config;
        if (WebPInitDecoderConfig(&config) == 0) throw Failure(TMM_BAD_ARGUMENT, "the installed libwebp does not match its headers");
        config.output.colorspace = MODE_RGB;
        config.output.is_external_memory = 1;
        config.output.u.RGBA.rgba = rgb;
        config.output.u.RGBA.stride = width * 3;
        config.output.u.RGBA.size = static_cast<std::size_t>(width) * height * 3;
        const auto status = WebPDecode(bytes.data(), bytes.size(), &config);
        WebPFreeDecBuffer(&config.output);
        if (status != VP8_STATUS_OK) fail(status);
    }

private:
    void decode_first_frame(std::uint8_t* rgb) const {
        const WebPData data{bytes.data(), bytes.size()};
        const std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)> decoder(WebPAnimDecoderNew(&data, nullptr), WebPAnimDecoderDelete);
        std::uint8_t* canvas = nullptr;
        int timestamp = 0;
        if (!decoder || WebPAnimDecoderGetNext(decoder.get(), &canvas, &timestamp) == 0) fail(VP8_STATUS_BITSTREAM_ERROR);
        const std::size_t pixels = static_cast<std::size_t>(width) * height;
        for (std::size_t i = 0; i < pixels; i++) {
            for (int channel = 0; channel < 3; channel++) rgb[i * 3 + channel] = canvas[i * 4 + channel];
        }
    }

    [[noreturn]] static void fail(VP8StatusCode status) {
        const auto code = status == VP8_STATUS_OUT_OF_MEMORY ? TMM_OUT_OF_MEMORY : TMM_CORRUPT;
        throw Failure(code, std::string("damaged or truncated WebP: ") + reason(status));
    }

    Bytes bytes;
    bool animated = false;
};

}  // namespace

std::unique_ptr<Picture> open_webp(Bytes bytes) { return std::make_unique<WebpPicture>(bytes); }

}  // namespace trainmm
