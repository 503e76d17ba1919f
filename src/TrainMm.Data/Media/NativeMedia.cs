using System.Runtime.InteropServices;

namespace TrainMm.Data.Media;

/// <summary>The media shim's C interface (native/media.h).</summary>
internal static unsafe partial class NativeMedia
{
    internal const int MessageCapacity = 512;

    [LibraryImport("trainmm_media", EntryPoint = "tmm_probe")]
    internal static partial int Probe(byte* bytes, nuint length, Options* options, Info* info, byte* message, nuint capacity);

    [LibraryImport("trainmm_media", EntryPoint = "tmm_decode")]
    internal static partial int Decode(byte* bytes, nuint length, Options* options, PixelBox* box, byte* rgb, nuint rgbLength, byte* message, nuint capacity);

    [StructLayout(LayoutKind.Sequential)]
    internal struct Options
    {
        public long MaxPixels;
        public int ApplyOrientation;
        public int ScaleToWidth;
        public int ScaleToHeight;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Info
    {
        public int Format;
        public int Width;
        public int Height;
        public int Orientation;
        public int Frames;
        public int OutputWidth;
        public int OutputHeight;
    }
}
