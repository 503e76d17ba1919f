using System.Runtime.InteropServices;

namespace TrainMm.Torch.Interop;

/// <summary>What a <see cref="Value"/> holds; the numbers are shared with native/dispatch.cpp.</summary>
internal enum Tag
{
    None,
    Tensor,
    Int,
    Double,
    Bool,
    Ints,
    Doubles,
    Bools,
    Tensors,
    OptionalTensors,
    String,
    Device,
    Generator,
}

/// <summary>One argument or result of a boxed call, laid out as native/dispatch.cpp reads it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct Value
{
    [FieldOffset(0)]
    internal Tag Tag;

    [FieldOffset(4)]
    internal int Count;

    [FieldOffset(8)]
    internal long Integer;

    [FieldOffset(8)]
    internal double Real;

    [FieldOffset(8)]
    internal nint Pointer;

    internal static Value Tensor(nint handle) => new() { Tag = Tag.Tensor, Pointer = handle };
}

/// <summary>One index of an indexing expression, laid out as native/tensor.cpp reads it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IndexValue
{
    internal IndexKind Kind;
    internal int Unused;
    internal long Start;
    internal long Stop;
    internal long Step;
    internal nint Tensor;
}

/// <summary>The kinds of index; the numbers are shared with native/tensor.cpp.</summary>
internal enum IndexKind
{
    None,
    Ellipsis,
    Single,
    Bool,
    Slice,
    Tensor,
}
