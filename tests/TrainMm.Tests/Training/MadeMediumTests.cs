using TrainMm.Core.Roles;
using TrainMm.Data.Media;
using TrainMm.Data.Media.Audio;
using TrainMm.Data.Media.Video;
using TrainMm.Tests.Data.Media.Audio;
using TrainMm.Training.Evaluation;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training;

/// <summary>What a generator gives as a file of its modality.</summary>
public sealed class MadeMediumTests
{
    private static readonly ImageSpec Square = new(4, 6, ImageFit.CenterCrop, Resampling.Bilinear, new(0.5, 0.5, 0.5), new(0.5, 0.5, 0.5));

    [Fact]
    public void AnImageIsAPng()
    {
        using var scope = NewDisposeScope();
        var pixels = arange(0, 72, ScalarType.Int64).to_type(ScalarType.Byte).view(3, 4, 6); // [3, H, W]
        var made = MadeMedium.Of(new Maker(Square, 0), pixels);
        Assert.Equal(("image", ".png"), (made.Modality, made.Extension));
        using var read = ImageDecoder.Decode(made.Content, "made.png");
        Assert.Equal((6, 4), (read.Width, read.Height));
        Assert.Equal([7, 31, 55], read.Pixels.Slice(7 * 3, 3).ToArray().Select(each => (int)each));
    }

    [FfmpegFact]
    public void AVideoIsAnMp4()
    {
        using var scope = NewDisposeScope();
        byte[] expected = [200, 40, 90, 20, 220, 130];
        var colours = tensor(expected.Select(each => (long)each).ToArray()).to_type(ScalarType.Byte).view(2, 3, 1, 1);
        var made = MadeMedium.Of(new Maker(new VideoSpec(Square, 2), 8), colours.expand(2, 3, 16, 24)); // [F, 3, H, W]
        Assert.Equal(("video", ".mp4"), (made.Modality, made.Extension));
        var frames = VideoDecoder.Decode(made.Content, "made.mp4", 2);
        Assert.All(frames, frame => Assert.Equal((24, 16), (frame.Width, frame.Height)));
        foreach (var (colour, read) in expected.Zip((byte[])[.. frames[0].Pixels[..3], .. frames[1].Pixels[..3]])) Assert.InRange(read, colour - 5, colour + 5);
    }

    [Fact]
    public void ASoundIsAWav()
    {
        using var scope = NewDisposeScope();
        var made = MadeMedium.Of(new Maker(new WaveformSpec(24_000, 3, Normalise: false), 16_000), tensor([0.5f, -0.25f, 2])); // [S]
        Assert.Equal(("audio", ".wav"), (made.Modality, made.Extension));
        var clip = AudioDecoder.Decode(made.Content, "made.wav");
        Assert.Equal(16_000, clip.SampleRate);
        Assert.Equal([0.5f, -0.25f, 32767 / 32768f], clip.Samples);
    }

    /// <summary>Says what it makes, and makes nothing.</summary>
    private sealed class Maker(MediaSpec target, int rate) : IGenerator
    {
        public MediaSpec Target => target;

        public int Rate => rate;

        public SamplerSpec Sampler => throw new NotSupportedException();

        public FeatureSpec Conditioning => throw new NotSupportedException();

        public CaptionSpec Captions => throw new NotSupportedException();

        public nn.Module Module => throw new NotSupportedException();

        public Tensor Condition(Tensor captions) => throw new NotSupportedException();

        public Tensor Encode(Tensor media) => throw new NotSupportedException();

        public Tensor Loss(Tensor condition, Tensor encoded, IReadOnlyList<long> keys) => throw new NotSupportedException();

        public Tensor Sample(SampleRequest request) => throw new NotSupportedException();

        public void Dispose()
        {
            // There is nothing to free.
        }
    }
}
