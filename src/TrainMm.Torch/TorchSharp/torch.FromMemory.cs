using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    public static Tensor from_array(Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null) => rawArray switch
    {
        _ when rawArray.GetType().GetElementType() == typeof(bool) => FromArray<bool>(rawArray, ScalarType.Bool, dtype, device, requires_grad),
        _ when rawArray.GetType().GetElementType() == typeof(byte) => FromArray<byte>(rawArray, ScalarType.Byte, dtype, device, requires_grad),
        _ when rawArray.GetType().GetElementType() == typeof(sbyte) => FromArray<sbyte>(rawArray, ScalarType.Int8, dtype, device, requires_grad),
        _ when rawArray.GetType().GetElementType() == typeof(short) => FromArray<short>(rawArray, ScalarType.Int16, dtype, device, requires_grad),
        _ when rawArray.GetType().GetElementType() == typeof(int) => FromArray<int>(rawArray, ScalarType.Int32, dtype, device, requires_grad),
        _ when rawArray.GetType().GetElementType() == typeof(long) => FromArray<long>(rawArray, ScalarType.Int64, dtype, device, requires_grad),
        _ when rawArray.GetType().GetElementType() == typeof(float) => FromArray<float>(rawArray, ScalarType.Float32, dtype, device, requires_grad),
        _ when rawArray.GetType().GetElementType() == typeof(double) => FromArray<double>(rawArray, ScalarType.Float64, dtype, device, requires_grad),
        _ => throw new NotSupportedException($"No tensor can be made of an array of {rawArray.GetType().GetElementType()}."),
    };

    private static unsafe Tensor FromScalar<T>(T value, ScalarType own, ScalarType? dtype, Device? device, bool requires_grad)
        where T : unmanaged => FromSpan(new ReadOnlySpan<T>(&value, 1), [], own, dtype, device, requires_grad);

    private static Tensor FromArray<T>(Array array, ScalarType own, ScalarType? dtype, Device? device, bool requires_grad)
        where T : unmanaged
    {
        var dimensions = new long[array.Rank];
        for (var i = 0; i < dimensions.Length; i++)
        {
            dimensions[i] = array.GetLongLength(i);
        }

        var values = array.Length == 0 ? default : MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(array)), array.Length);
        return FromSpan(values, dimensions, own, dtype, device, requires_grad);
    }

    private static unsafe Tensor FromSpan<T>(
        ReadOnlySpan<T> values, ReadOnlySpan<long> dimensions, ScalarType own, ScalarType? dtype, Device? device, bool requires_grad)
        where T : unmanaged
    {
        var count = 1L;
        foreach (var dimension in dimensions)
        {
            count *= dimension;
        }

        if (count != values.Length)
        {
            throw new ArgumentException($"{values.Length} values do not fill a tensor of shape [{string.Join(", ", dimensions.ToArray())}].");
        }

        var tensor = Uninitialised(dimensions, own);
        values.CopyTo(new Span<T>(tensor.DataPointer, values.Length));
        device ??= defaultDevice;
        if ((dtype ?? own) != own || device.type != DeviceType.CPU)
        {
            tensor = tensor.to(dtype ?? own, device, disposeAfter: true);
        }

        return Tensor.With(tensor, requires_grad);
    }

    private static unsafe Tensor Uninitialised(ReadOnlySpan<long> dimensions, ScalarType dtype)
    {
        nint handle;
        fixed (long* sizes = dimensions)
        {
            Status.Check(NativeMethods.tm_empty(sizes, dimensions.Length, (int)dtype, (int)DeviceType.CPU, -1, 0, &handle));
        }

        return new Tensor(handle);
    }
}
