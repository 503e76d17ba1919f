using System.Diagnostics;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Media;
using TrainMm.Tests.Torch;

namespace TrainMm.Tests.Data.Media;

/// <summary>Runs alone: what the process holds is measured, and tests beside it would be counted in.</summary>
[Collection(ProcessWide.Name)]
public sealed class ImageDecoderLeakTests
{
    [Fact]
    public void NothingLeaksWhenPicturesAreRefused()
    {
        var faults = PilPicture.All.Values.SelectMany(picture => new[] { picture.Bytes[..^12], picture.Bytes[..(picture.Bytes.Length / 2)] }).ToArray();
        DecodeAll(200);
        var before = ResidentBytes();
        DecodeAll(2000);

        // One lost decoder state is at least 20 kB: 32,000 of them would be 600 MB.
        Assert.InRange(ResidentBytes() - before, long.MinValue, 50_000_000);

        void DecodeAll(int rounds)
        {
            for (var round = 0; round < rounds; round++)
            {
                foreach (var fault in faults) Assert.Throws<DataException>(() => ImageDecoder.Decode(fault, "picture").Dispose());
            }
        }

        static long ResidentBytes()
        {
            GC.Collect();
            using var process = Process.GetCurrentProcess();
            return process.WorkingSet64;
        }
    }
}
