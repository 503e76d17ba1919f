using System.Security.Cryptography;
using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Media;

namespace TrainMm.Tests.Data.Media;

public sealed class ImageDecoderTests
{
    private static readonly ImageDecodeOptions AsStored = new() { ApplyOrientation = false };

    public static TheoryData<string> PictureNames => new(PilPicture.All.Keys);

    [Theory]
    [MemberData(nameof(PictureNames))]
    public void DecodesToThePixelsOfPil(string name)
    {
        var expected = PilPicture.All[name];
        using var image = ImageDecoder.Decode(expected.Bytes, name, AsStored);
        Assert.Equal((expected.Width, expected.Height), (image.Width, image.Height));
        Assert.Equal(expected.PixelHash, Convert.ToHexStringLower(SHA256.HashData(image.Pixels)));
    }

    [Fact]
    public void TheHeaderTellsFormatSizeOrientationAndFrames()
    {
        Assert.Equal(new ImageHeader(ImageFormat.Jpeg, 18, 10, 6, 1), ImageDecoder.Probe(PilPicture.All["jpeg-exif-6"].Bytes, "picture"));
        Assert.Equal(new ImageHeader(ImageFormat.Webp, 6, 4, 1, 2), ImageDecoder.Probe(PilPicture.All["webp-animated"].Bytes, "picture"));
        byte[] animation = [0, 0, 0, 7, 0, 0, 0, 0];
        Assert.Equal(new ImageHeader(ImageFormat.Png, 3, 2, 1, 7), ImageDecoder.Probe(PngWriter.WriteRgb(3, 2, (_, _) => (1, 2, 3), ("acTL", animation)), "picture"));
    }

    [Theory]
    [InlineData(1, 1, new byte[] { 0b01000000 }, new byte[] { 0, 255 })]
    [InlineData(1, 2, new byte[] { 0b01110000 }, new byte[] { 85, 255 })]
    [InlineData(1, 4, new byte[] { 0x2F }, new byte[] { 34, 255 })]
    [InlineData(1, 8, new byte[] { 7, 200 }, new byte[] { 7, 200 })]
    [InlineData(1, 16, new byte[] { 7, 255, 200, 0 }, new byte[] { 7, 200 })]
    public void GreyOfEveryDepthBecomesRgb(int height, int bits, byte[] row, byte[] greys)
    {
        using var image = ImageDecoder.Decode(PngWriter.Write(2, height, bits, PngWriter.Grey, [row]), "picture");
        Assert.Equal(greys.SelectMany(grey => new[] { grey, grey, grey }), image.Pixels.ToArray());
    }

    [Theory]
    [InlineData(8, PngWriter.Rgba, new byte[] { 1, 2, 3, 0, 4, 5, 6, 128 })]
    [InlineData(16, PngWriter.Rgba, new byte[] { 1, 9, 2, 9, 3, 9, 0, 0, 4, 9, 5, 9, 6, 9, 128, 0 })]
    [InlineData(16, PngWriter.Rgb, new byte[] { 1, 255, 2, 255, 3, 255, 4, 255, 5, 255, 6, 255 })]
    public void AlphaIsDroppedAndSixteenBitsKeepTheirHighByte(int bits, int colourType, byte[] row)
    {
        using var image = ImageDecoder.Decode(PngWriter.Write(2, 1, bits, colourType, [row]), "picture");
        Assert.Equal([1, 2, 3, 4, 5, 6], image.Pixels.ToArray());
    }

    [Fact]
    public void GreyWithAlphaAndPalettesWithTransparencyBecomeRgb()
    {
        using var grey = ImageDecoder.Decode(PngWriter.Write(2, 1, 8, PngWriter.GreyAlpha, [[9, 0, 77, 255]]), "picture");
        Assert.Equal([9, 9, 9, 77, 77, 77], grey.Pixels.ToArray());
        byte[] colours = [10, 20, 30, 40, 50, 60, 70, 80, 90];
        using var palette = ImageDecoder.Decode(PngWriter.Write(2, 1, 2, PngWriter.Palette, [[0b10010000]], ("PLTE", colours), ("tRNS", [255, 0])), "picture");
        Assert.Equal([70, 80, 90, 40, 50, 60], palette.Pixels.ToArray());
    }

    // EXIF 2.32, tag 274: which stored pixel stands at (x, y) of the upright picture.
    [Theory]
    [InlineData(1, 3, 2)]
    [InlineData(2, 3, 2)]
    [InlineData(3, 3, 2)]
    [InlineData(4, 3, 2)]
    [InlineData(5, 2, 3)]
    [InlineData(6, 2, 3)]
    [InlineData(7, 2, 3)]
    [InlineData(8, 2, 3)]
    public void PicturesAreTurnedAsTheirOrientationSays(int orientation, int width, int height)
    {
        foreach (var littleEndian in new[] { true, false })
        {
            var file = PngWriter.WriteRgb(3, 2, (x, y) => ((byte)x, (byte)y, 9), ("eXIf", PngWriter.Orientation(orientation, littleEndian)));
            using var image = ImageDecoder.Decode(file, "picture");
            Assert.Equal((width, height), (image.Width, image.Height));
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    var (storedX, storedY) = orientation switch
                    {
                        1 => (x, y),
                        2 => (2 - x, y),
                        3 => (2 - x, 1 - y),
                        4 => (x, 1 - y),
                        5 => (y, x),
                        6 => (y, 1 - x),
                        7 => (2 - y, 1 - x),
                        _ => (2 - y, x),
                    };
                    Assert.Equal([(byte)storedX, (byte)storedY, 9], image.Row(y).Slice(x * 3, 3).ToArray());
                }
            }

            using var stored = ImageDecoder.Decode(file, "picture", AsStored);
            Assert.Equal((3, 2), (stored.Width, stored.Height));
        }
    }

    [Theory]
    [InlineData(8, 6, 8, 6)]
    [InlineData(9, 6, 16, 12)]
    [InlineData(16, 13, 32, 24)]
    [InlineData(33, 1, 64, 48)]
    public void AJpegMayBeDecodedSmallerButNeverSmallerThanWanted(int wantedWidth, int wantedHeight, int width, int height)
    {
        var options = new ImageDecodeOptions { ScaleTo = (wantedWidth, wantedHeight) };
        using var image = ImageDecoder.Decode(PilPicture.All["jpeg-progressive"].Bytes, "picture", options);
        Assert.Equal((width, height), (image.Width, image.Height));
    }

    [Fact]
    public void ScalingIsMeasuredOnTheTurnedPicture()
    {
        using var image = ImageDecoder.Decode(PilPicture.All["jpeg-exif-6"].Bytes, "picture", new ImageDecodeOptions { ScaleTo = (5, 9) });
        Assert.Equal((5, 9), (image.Width, image.Height));
    }

    [Fact]
    public void WhatIsNoPictureOrADamagedOneIsRefusedWithAReason()
    {
        var png = PngWriter.WriteRgb(20, 20, (x, y) => ((byte)(x * 9), (byte)(y * 9), (byte)(x * y)));
        var flipped = png.ToArray();
        flipped[^30] ^= 0x40;
        var jpeg = PilPicture.All["jpeg-420"].Bytes;
        var webp = PilPicture.All["webp-lossy"].Bytes;
        var faults = new (string Origin, byte[] Bytes)[]
        {
            ("empty.jpg", []),
            ("zeros.png", new byte[64]),
            ("dancing.gif", [.. "GIF89a"u8]),
            ("paint.bmp", [.. "BM"u8, 0, 0]),
            ("scan.tif", [.. "II*\0"u8]),
            ("phone.heic", [0, 0, 0, 24, .. "ftypheic"u8]),
            ("error.jpg", [.. "<!DOCTYPE html>"u8]),
            ("pointer.png", [.. "version https://git-lfs.github.com/spec/v1"u8]),
            ("text.png", [.. "hello"u8]),
            ("cut.jpg", jpeg[..^20]),
            ("cut-in-header.jpg", jpeg[..80]),
            ("cut.png", png[..^40]),
            ("flipped.png", flipped),
            ("signature-only.png", png[..8]),
            ("cut.webp", webp[..^20]),
            ("bomb.png", PngWriter.Write(30_000, 30_000, 8, PngWriter.Rgb, [])),
        };
        var shown = new StringBuilder();
        foreach (var (origin, bytes) in faults)
            shown.AppendLine(Assert.Throws<DataException>(() => ImageDecoder.Decode(bytes, origin).Dispose()).Message);
        Snapshot.Match(shown.ToString(), "faults");
    }

    [Fact]
    public void TheCapIsTheUsersAndIsReadFromTheHeader()
    {
        var picture = PngWriter.WriteRgb(4, 3, (_, _) => (1, 2, 3));
        ImageDecoder.Decode(picture, "picture", new ImageDecodeOptions { MaxPixels = 12 }).Dispose();
        var headerOnly = picture[..45];
        var refused = Assert.Throws<DataException>(() => ImageDecoder.Probe(headerOnly, "picture", new ImageDecodeOptions { MaxPixels = 11 }));
        Assert.Equal("picture: The picture cannot be used: 4 x 3 pixels are more than the cap of 11.", refused.Message);
    }

    [Theory]
    [MemberData(nameof(PictureNames))]
    public void APictureCutAnywhereIsRefused(string name)
    {
        var bytes = PilPicture.All[name].Bytes;
        for (var length = 0; length < bytes.Length - 1; length++)
        {
            var cut = bytes.AsSpan(0, length).ToArray();
            Assert.Throws<DataException>(() => ImageDecoder.Decode(cut, $"{name} cut to {length}").Dispose());
        }
    }

    [Theory]
    [MemberData(nameof(PictureNames))]
    public void AFlippedByteNeverCrashes(string name)
    {
        var bytes = PilPicture.All[name].Bytes;
        var random = new Random(7);
        for (var round = 0; round < 400; round++)
        {
            var damaged = bytes.ToArray();
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                ImageDecoder.Decode(damaged, name, new ImageDecodeOptions { MaxPixels = 1 << 22 }).Dispose();
            }
            catch (DataException)
            {
                // Refused with a reason, which is as good as decoded.
            }
        }
    }

    [Fact]
    public void ThreadsDoNotDisturbEachOther()
    {
        Parallel.For(0, 400, i =>
        {
            var (name, expected) = PilPicture.All.ElementAt(i % PilPicture.All.Count);
            using var image = ImageDecoder.Decode(expected.Bytes, name, AsStored);
            Assert.Equal(expected.PixelHash, Convert.ToHexStringLower(SHA256.HashData(image.Pixels)));
        });
    }
}
