using System.Security.Cryptography;
using TrainMm.Core.Roles;
using TrainMm.Data.Media;

namespace TrainMm.Tests.Data.Media;

public sealed class PilResizeTests
{
    // SHA-256 of what PIL 9.4's Image.resize makes of the pattern below.
    [Theory]
    [InlineData(80, 60, 74, 56, Resampling.Bicubic, "41186b3292f3eb45c31524573fb80b36726d283da7c63eb8daeedeeb3908248f")]
    [InlineData(80, 60, 74, 56, Resampling.Bilinear, "a165fe2feaa2f9bfe58c0a5585c006b1ec759f281233478cf2e44d86f6bba605")]
    [InlineData(60, 97, 56, 90, Resampling.Bicubic, "187e1a0d0c885bfb6c544a471348da364b799c18e48c6aff665c4be89e613223")]
    [InlineData(60, 97, 56, 90, Resampling.Bilinear, "f586b17cab8c61dcd6af4951e1fae82bcd92b407fe224095dee699d6a3222c38")]
    [InlineData(30, 41, 56, 76, Resampling.Bicubic, "793463d74b83c3773e43e4737392c45bb8d4c329fa969746b2cb3b2625954038")]
    [InlineData(30, 41, 56, 76, Resampling.Bilinear, "00a29c2b968adb11e58de5f40d35db87663ec5fd2ab99bbba7155efe206bca34")]
    [InlineData(200, 57, 196, 56, Resampling.Bicubic, "a72e7ff697db8ea37f78267f9e4f6a686f448774161f167b374ede520e6dcc20")]
    [InlineData(200, 57, 196, 56, Resampling.Bilinear, "2751dfa4afd48dbeb14487718828d460a4450d39772891135d16d947504a0fc1")]
    [InlineData(7, 5, 3, 9, Resampling.Bicubic, "365b2b45f9d4dc1ed82f69ca0f110c34384635d20debc5e743f2d698a01446cc")]
    [InlineData(7, 5, 3, 9, Resampling.Bilinear, "45d381598bd61fce3d742f5606a3748c40ec617a515f61cf34171339042526a7")]
    [InlineData(1, 1, 4, 4, Resampling.Bicubic, "d8ee94e629744294ae193c3e339acd05cd2887fb425cc32be5fe23f3c6b9b695")]
    [InlineData(1, 1, 4, 4, Resampling.Bilinear, "d8ee94e629744294ae193c3e339acd05cd2887fb425cc32be5fe23f3c6b9b695")]
    [InlineData(300, 2, 16, 1, Resampling.Bicubic, "cdefc48d8c51ef30f16063c6aaabad850656f44c0c4e3fedf6bffadefe609183")]
    [InlineData(300, 2, 16, 1, Resampling.Bilinear, "dbbc74653b491e4af8b72a6dcddbc741a1b799cb18981e86a8faa33eb8c034b5")]
    [InlineData(33, 33, 33, 20, Resampling.Bicubic, "17c4cb09333772185a51234e7348b04d447cf9511668f03a2635df0aa43d4a23")]
    [InlineData(33, 33, 33, 20, Resampling.Bilinear, "5dc8bb51f0936860ae923d3e48ba0a62d9b19c5b1721df41ba8fd451546d5b6e")]
    [InlineData(33, 33, 20, 33, Resampling.Bicubic, "8c8de2a5be4f96b2c1621b54d6fc03cd7e5c104d34a3cb54aeef15cf3b2cf5ab")]
    [InlineData(33, 33, 20, 33, Resampling.Bilinear, "8f4cd1ebf8ac413c5cc4e54d0918cef87414214e36b01103ad05db217908688f")]
    [InlineData(17, 19, 17, 19, Resampling.Bicubic, "ad377ec09843db58ba32ec76b66bbbef6f69349fb3e3805198ac1b0a324ee8f3")]
    [InlineData(17, 19, 17, 19, Resampling.Bilinear, "ad377ec09843db58ba32ec76b66bbbef6f69349fb3e3805198ac1b0a324ee8f3")]
    public void ResizesBitForBitAsPilDoes(int width, int height, int newWidth, int newHeight, Resampling resampling, string expectedHash)
    {
        using var image = Pattern(width, height);
        foreach (var lanes in Lanes)
        {
            using var resized = PilResize.Resize(image, newWidth, newHeight, resampling, lanes);
            Assert.Equal((newWidth, newHeight), (resized.Width, resized.Height));
            Assert.Equal((lanes, expectedHash), (lanes, Convert.ToHexStringLower(SHA256.HashData(resized.Pixels))));
        }
    }

    [Fact]
    public void AllInstructionsGiveTheSameBytes()
    {
        var random = new Random(5);
        for (var round = 0; round < 300; round++)
        {
            using var image = new RgbImage(random.Next(1, 200), random.Next(1, 60));

            // Black beside white: sums leave the range of bytes on both sides.
            random.NextBytes(image.Pixels);
            foreach (ref var value in image.Pixels) value = round % 2 == 0 ? value : value < 128 ? byte.MinValue : byte.MaxValue;
            var (width, height) = (random.Next(1, 150), random.Next(1, 90));
            var resampling = round % 3 == 0 ? Resampling.Bilinear : Resampling.Bicubic;
            using var expected = PilResize.Resize(image, width, height, resampling, ResizeLanes.Portable);
            foreach (var lanes in Lanes)
            {
                using var resized = PilResize.Resize(image, width, height, resampling, lanes);
                Assert.True(expected.Pixels.SequenceEqual(resized.Pixels), $"{lanes}: {image.Width} x {image.Height} to {width} x {height}");
            }
        }
    }

    [Fact]
    public void APartIsResizedAsWithinTheWhole()
    {
        var random = new Random(6);
        for (var round = 0; round < 200; round++)
        {
            using var image = Pattern(random.Next(1, 120), random.Next(1, 120));
            var (width, height) = (random.Next(1, 100), random.Next(1, 100));
            var (left, top) = (random.Next(width), random.Next(height));
            var kept = new PixelBox(left, top, random.Next(1, width - left + 1), random.Next(1, height - top + 1));
            using var whole = PilResize.Resize(image, width, height, Resampling.Bicubic);
            var plan = new ResizePlan((image.Width, image.Height), (width, height), kept, Resampling.Bicubic);
            using var needed = Part(image, plan.Needed);
            using var expected = Part(whole, kept);
            var part = new byte[kept.Width * kept.Height * 3];
            plan.Run(needed, plan.Needed, part, kept.Width * 3, ResizeLanesHere.Best);
            Assert.True(expected.Pixels.SequenceEqual(part), $"{kept} of {image.Width} x {image.Height} to {width} x {height}");
        }
    }

    [Fact]
    public void ASizeOfZeroIsRefused()
    {
        using var image = Pattern(3, 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => PilResize.Resize(image, 0, 3, Resampling.Bicubic));
    }

    private static IEnumerable<ResizeLanes> Lanes => Enum.GetValues<ResizeLanes>().Where(lanes => lanes <= ResizeLanesHere.Best);

    private static RgbImage Part(RgbImage image, PixelBox box)
    {
        var part = new RgbImage(box.Width, box.Height);
        for (var y = 0; y < box.Height; y++) image.Row(box.Top + y).Slice(box.Left * 3, box.Width * 3).CopyTo(part.Row(y));
        return part;
    }

    private static RgbImage Pattern(int width, int height)
    {
        var image = new RgbImage(width, height);
        for (var y = 0; y < height; y++)
        {
            var row = image.Row(y);
            for (var x = 0; x < width; x++)
            {
                row[x * 3] = (byte)((x * 7) + (y * 13));
                row[(x * 3) + 1] = (byte)((x * x) + (y * 29) + 29);
                row[(x * 3) + 2] = (byte)((x * y * 3) + 58);
            }
        }

        return image;
    }
}
