using System.Runtime.Intrinsics.X86;

namespace TrainMm.Data.Media;

/// <summary>With what instructions a picture is resized; the bytes are the same.</summary>
internal enum ResizeLanes
{
    /// <summary>What every processor has.</summary>
    Portable,

    /// <summary>256 bits.</summary>
    Avx2,

    /// <summary>512 bits, and the shuffle of single bytes across them (VBMI: Ice Lake, Zen 4).</summary>
    Avx512,
}

/// <summary>What this processor has.</summary>
internal static class ResizeLanesHere
{
    internal static ResizeLanes Best { get; } = Avx512Vbmi.IsSupported ? ResizeLanes.Avx512 : Avx2.IsSupported ? ResizeLanes.Avx2 : ResizeLanes.Portable;
}
