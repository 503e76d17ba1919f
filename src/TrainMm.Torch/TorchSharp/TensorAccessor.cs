using System.Collections;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace TorchSharp.Utils;

/// <summary>The values of a tensor on the CPU, in the order of its indices whatever its strides.</summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T>
    where T : struct
{
    private readonly Tensor tensor;
    private readonly bool contiguous;
    private readonly long[] shape;
    private readonly long[] strides;

    internal TensorAccessor(Tensor tensor)
    {
        this.tensor = tensor;
        contiguous = tensor.is_contiguous();
        shape = tensor.shape;
        strides = tensor.stride();
        Count = tensor.NumberOfElements;
    }

    public long Count { get; }

    public bool IsReadOnly => false;

    public T this[params long[] indices]
    {
        get
        {
            var value = Unsafe.Read<T>(Address(indices));
            GC.KeepAlive(tensor);
            return value;
        }

        set
        {
            Unsafe.Write(Address(indices), value);
            GC.KeepAlive(tensor);
        }
    }

    public T[] ToArray()
    {
        var values = new T[Count];
        CopyTo(values.AsSpan());
        return values;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var target = array[arrayIndex..];
        var count = (int)Math.Min(target.Length, Count - tensorIndex);
        if (contiguous)
        {
            new ReadOnlySpan<T>((byte*)tensor.DataPointer + (tensorIndex * Unsafe.SizeOf<T>()), count).CopyTo(target);
        }
        else
        {
            using var ordered = tensor.contiguous();
            new ReadOnlySpan<T>((byte*)ordered.DataPointer + (tensorIndex * Unsafe.SizeOf<T>()), count).CopyTo(target);
        }

        GC.KeepAlive(tensor);
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyFrom(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var source = array[arrayIndex..];
        var count = (int)Math.Min(source.Length, Count - tensorIndex);
        if (!contiguous)
        {
            throw new InvalidOperationException("Values can be copied into a contiguous tensor only.");
        }

        source[..count].CopyTo(new Span<T>((byte*)tensor.DataPointer + (tensorIndex * Unsafe.SizeOf<T>()), count));
        GC.KeepAlive(tensor);
    }

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)ToArray()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose()
    {
        // The tensor is the caller's; TorchSharp's accessor is disposable, so this one is too.
    }

    private byte* Address(long[] indices)
    {
        if (indices.Length != shape.Length)
        {
            throw new ArgumentException($"{indices.Length} indices were given for a tensor of {shape.Length} dimensions.");
        }

        var offset = 0L;
        for (var i = 0; i < indices.Length; i++)
        {
            if (indices[i] < 0 || indices[i] >= shape[i])
            {
                throw new ArgumentOutOfRangeException(nameof(indices), indices[i], $"Dimension {i} has {shape[i]} elements.");
            }

            offset += indices[i] * strides[i];
        }

        return (byte*)tensor.DataPointer + (offset * Unsafe.SizeOf<T>());
    }
}
