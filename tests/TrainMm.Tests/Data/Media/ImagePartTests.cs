using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Data.Media;

namespace TrainMm.Tests.Data.Media;

/// <summary>Pictures of which a part is decoded or resized: every byte is that of the whole.</summary>
public sealed class ImagePartTests
{
    public static TheoryData<string> Jpegs => new(Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Jpegs"), "*.jpg").Select(path => Path.GetFileName(path)));

    [Theory]
    [MemberData(nameof(Jpegs))]
    public void APartHasThePixelsOfTheWhole(string name)
    {
        var random = new Random(11);
        for (var orientation = 1; orientation <= 8; orientation++)
        {
            var file = Turned(name, orientation);
            using var whole = ImageDecoder.Decode(file, name);
            for (var round = 0; round < 60; round++) AssertPart(file, whole, AnyBox(random, whole.Width, whole.Height));
        }
    }

    [Theory]
    [MemberData(nameof(Jpegs))]
    public void EveryRowAndColumnMayBeTheFirstAndTheLast(string name)
    {
        var file = Turned(name, orientation: 1);
        using var whole = ImageDecoder.Decode(file, name);
        for (var i = 0; i < whole.Height; i++)
        {
            AssertPart(file, whole, new PixelBox(40, i, 9, 1));
            AssertPart(file, whole, new PixelBox(0, i, whole.Width, whole.Height - i));
        }

        for (var i = 0; i < whole.Width; i++)
        {
            AssertPart(file, whole, new PixelBox(i, 30, 1, 9));
            AssertPart(file, whole, new PixelBox(0, 0, i + 1, whole.Height));
        }
    }

    [Fact]
    public void WhatIsFarFromThePartIsNotDecoded()
    {
        using var part = ImageDecoder.DecodePart(Turned("420.jpg", orientation: 1), "picture", options: null, (_, _) => new PixelBox(64, 64, 16, 16), out var box);
        Assert.Equal(new PixelBox(48, 48, 48, 48), box);
        using var turned = ImageDecoder.DecodePart(Turned("420.jpg", orientation: 6), "picture", options: null, (_, _) => new PixelBox(37, 64, 16, 16), out box);
        Assert.Equal(new PixelBox(21, 48, 48, 48), box);
    }

    [Fact]
    public void AFileCutBehindThePartIsRefused()
    {
        foreach (var name in new[] { "420.jpg", "420-progressive.jpg", "grey.jpg" })
        {
            var file = Turned(name, orientation: 1);
            for (var length = 0; length < file.Length - 2; length++)
            {
                var cut = file[..length];
                Assert.Throws<DataException>(() => ImageDecoder.DecodePart(cut, name, options: null, (_, _) => new PixelBox(50, 0, 10, 10), out _).Dispose());
            }
        }
    }

    [Fact]
    public void APartOfAScaledPictureIsOneOfItsOwnPixels()
    {
        var options = new ImageDecodeOptions { ScaleTo = (50, 60) };
        var file = Turned("420.jpg", orientation: 6);
        using var whole = ImageDecoder.Decode(file, "picture", options);
        using var part = ImageDecoder.DecodePart(file, "picture", options, (width, height) => new PixelBox(width / 2, height / 2, 5, 5), out var box);
        Assert.Equal(PixelBox.Whole(59, 66), box);
        Assert.True(whole.Pixels.SequenceEqual(part.Pixels));
    }

    [Theory]
    [MemberData(nameof(Jpegs))]
    public void TheCentreOfAFileIsThatOfTheWholePicture(string name)
    {
        foreach (var (height, width, edge) in new[] { (32, 32, 32), (224, 224, 224), (24, 40, 48), (90, 300, 80) })
        {
            var preprocessor = new ImagePreprocessor(new ImageSpec(height, width, ImageFit.CenterCrop, Resampling.Bicubic, new(0, 0, 0), new(1, 1, 1), edge));
            using var whole = ImageDecoder.Decode(Turned(name, orientation: 8), name);
            Assert.Equal(preprocessor.Fit(whole), preprocessor.Prepare(Turned(name, orientation: 8), name));
        }
    }

    private static void AssertPart(byte[] file, RgbImage whole, PixelBox wanted)
    {
        using var part = ImageDecoder.DecodePart(file, "picture", options: null, (_, _) => wanted, out var box);
        Assert.Equal((box.Width, box.Height), (part.Width, part.Height));
        Assert.True(box.Contains(wanted), $"{box} has not all of {wanted}");
        for (var y = wanted.Top; y < wanted.Top + wanted.Height; y++)
        {
            var expected = whole.Row(y).Slice(wanted.Left * 3, wanted.Width * 3);
            Assert.True(part.Row(y - box.Top).Slice((wanted.Left - box.Left) * 3, wanted.Width * 3).SequenceEqual(expected), $"row {y} of {wanted}, decoded {box}");
        }
    }

    private static PixelBox AnyBox(Random random, int width, int height)
    {
        var (left, top) = (random.Next(width), random.Next(height));
        return new PixelBox(left, top, random.Next(1, width - left + 1), random.Next(1, height - top + 1));
    }

    // The EXIF block stands right behind the file's first marker.
    private static byte[] Turned(string name, int orientation)
    {
        var file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Jpegs", name));
        byte[] block = [.. "Exif\0\0"u8, .. PngWriter.Orientation(orientation, littleEndian: true)];
        return [.. file[..2], 0xFF, 0xE1, 0, (byte)(block.Length + 2), .. block, .. file[2..]];
    }
}
