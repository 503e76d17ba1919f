using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Data.Media;

namespace TrainMm.Tests.Data.Media;

public sealed class ImagePreprocessorTests
{
    private static readonly ImageSpec Plain = new(2, 2, ImageFit.CenterCrop, Resampling.Bicubic, new(0, 0, 0), new(1, 1, 1));

    [Fact]
    public void TheCentreIsCroppedAndTheOddPixelIsLostOnTheRight()
    {
        using var image = Columns(5, 2);
        Assert.Equal([10, 0, 0, 20, 0, 0, 10, 0, 0, 20, 0, 0], new ImagePreprocessor(Plain).Fit(image));
    }

    [Fact]
    public void ACropLargerThanThePictureHasBlackMargins()
    {
        using var image = Columns(2, 1);
        var fitted = new ImagePreprocessor(Plain with { Height = 2, Width = 5, ShortestEdge = 1 }).Fit(image);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], fitted[..15]);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0], fitted[15..]);
    }

    [Fact]
    public void PaddingTakesTheMeanColourRoundedDown()
    {
        using var image = Columns(4, 2);
        var spec = Plain with { Height = 4, Width = 4, Fit = ImageFit.Pad, Mean = new(0.48145466, 0.4578275, 0.5) };
        var fitted = new ImagePreprocessor(spec).Fit(image);
        Assert.Equal([122, 116, 127], fitted[..3]);
        Assert.Equal([0, 0, 0, 10, 0, 0, 20, 0, 0, 30, 0, 0], fitted[12..24]);
        Assert.Equal([122, 116, 127], fitted[^3..]);
    }

    [Fact]
    public void ValuesArePlanesOfNormalisedFloats()
    {
        var preprocessor = new ImagePreprocessor(Plain with { Height = 1, Mean = new(0.5, 0.25, 0), Std = new(0.5, 2, 1) });
        var values = new float[6];
        preprocessor.Expand([0, 255, 51, 255, 0, 102], values);
        Assert.Equal([3L, 1, 2], preprocessor.Shape);
        Assert.Equal([-1f, 1f, 0.375f, -0.125f, 51 / 255f, 102 / 255f], values);
    }

    [Fact]
    public void AFileGoesAllTheWay()
    {
        var file = PngWriter.WriteRgb(2, 2, (x, y) => ((byte)(x * 255), (byte)(y * 255), 0));
        var preprocessor = new ImagePreprocessor(Plain);
        var values = new float[12];
        preprocessor.Expand(preprocessor.Prepare(file, "picture"), values);
        Assert.Equal([0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0], values);
    }

    [Fact]
    public void APictureTooThinToResizeIsRefused()
    {
        var file = PngWriter.WriteRgb(60_000, 1, (_, _) => (1, 2, 3));
        var refused = Assert.Throws<DataException>(() => new ImagePreprocessor(Plain).Prepare(file, "line.png"));
        Assert.Equal("line.png: The picture cannot be used: 60000 x 1 pixels are too long and thin to resize the shorter edge to 2.", refused.Message);
    }

    [Theory]
    [InlineData(80, 60, 56, 74, 56)]
    [InlineData(60, 97, 56, 56, 90)]
    [InlineData(56, 56, 56, 56, 56)]
    public void TheLongerEdgeIsRoundedDown(int width, int height, int edge, int newWidth, int newHeight) =>
        Assert.Equal((newWidth, newHeight), ImagePreprocessor.ResizedSize(width, height, edge));

    // Column x is (10 x, 0, 0).
    private static RgbImage Columns(int width, int height)
    {
        var image = new RgbImage(width, height);
        image.Pixels.Clear();
        for (var i = 0; i < width * height; i++) image.Pixels[i * 3] = (byte)((i % width) * 10);
        return image;
    }
}
