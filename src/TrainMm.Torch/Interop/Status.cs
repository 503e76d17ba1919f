using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TrainMm.Torch.Interop;

/// <summary>Turns the shim's status codes into exceptions, of the type that TorchSharp throws.</summary>
internal static unsafe class Status
{
    /// <summary>Throws when a call into libtorch failed.</summary>
    /// <exception cref="ExternalException">The call failed; the message is libtorch's.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Check(int status)
    {
        if (status != 0)
        {
            Throw();
        }
    }

    internal static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? string.Empty;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Throw() => throw new ExternalException(Text(NativeMethods.tm_last_error()));
}
