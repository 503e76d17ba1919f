using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TrainMm.Torch.Interop;

/// <summary>
/// An ATen operator, found at its first call and kept. Arguments are given in the schema's order, what is left out takes the
/// schema's default; with <paramref name="names"/> (separated by commas) they are bound by name, for schemas that differ between versions.
/// </summary>
internal sealed unsafe class Operator(string name, string overload = "", string names = "")
{
    private const int StackCells = 128;

    private nint handle;

    /// <summary>Whether this libtorch has the operator.</summary>
    internal bool Exists => NativeMethods.tm_has_operator(name, overload) != 0;

    private nint Handle => handle != 0 ? handle : Find();

    /// <summary>Calls with one tensor for one.</summary>
    internal Tensor Unary(Tensor input)
    {
        var arguments = Value.Tensor(input.Native);
        var result = CallForHandle(&arguments, 1);
        GC.KeepAlive(input);
        return new Tensor(result);
    }

    /// <summary>Calls with two tensors for one.</summary>
    internal Tensor Binary(Tensor left, Tensor right)
    {
        var arguments = stackalloc Value[2] { Value.Tensor(left.Native), Value.Tensor(right.Native) };
        var result = CallForHandle(arguments, 2);
        GC.KeepAlive(left);
        GC.KeepAlive(right);
        return new Tensor(result);
    }

    /// <summary>Calls for one tensor.</summary>
    internal Tensor Call(params ReadOnlySpan<Argument> arguments)
    {
        Value result;
        Invoke(arguments, &result, 1);
        return new Tensor(result.Pointer);
    }

    /// <summary>Calls for two tensors.</summary>
    internal (Tensor First, Tensor Second) Call2(params ReadOnlySpan<Argument> arguments)
    {
        var results = stackalloc Value[2];
        Invoke(arguments, results, 2);
        return (new Tensor(results[0].Pointer), new Tensor(results[1].Pointer));
    }

    /// <summary>Calls for three tensors.</summary>
    internal (Tensor First, Tensor Second, Tensor Third) Call3(params ReadOnlySpan<Argument> arguments)
    {
        var results = stackalloc Value[3];
        Invoke(arguments, results, 3);
        return (new Tensor(results[0].Pointer), new Tensor(results[1].Pointer), new Tensor(results[2].Pointer));
    }

    /// <summary>Calls for a list of tensors.</summary>
    internal Tensor[] CallList(params ReadOnlySpan<Argument> arguments)
    {
        Value result;
        Invoke(arguments, &result, 1);
        var handles = (nint*)result.Pointer;
        var tensors = new Tensor[result.Count];
        for (var i = 0; i < tensors.Length; i++)
        {
            tensors[i] = new Tensor(handles[i]);
        }

        NativeMethods.tm_free_handles(handles);
        return tensors;
    }

    /// <summary>Calls for a truth value.</summary>
    internal bool CallBool(params ReadOnlySpan<Argument> arguments)
    {
        Value result;
        Invoke(arguments, &result, 1);
        return result.Integer != 0;
    }

    /// <summary>Calls an operator that changes its first argument, and returns that.</summary>
    internal Tensor CallInPlace(params ReadOnlySpan<Argument> arguments)
    {
        Value unused;
        Invoke(arguments, &unused, 0);
        return (Tensor)arguments[0].Source!;
    }

    /// <summary>Calls for no result.</summary>
    internal void Run(params ReadOnlySpan<Argument> arguments)
    {
        Value unused;
        Invoke(arguments, &unused, 0);
    }

    private nint CallForHandle(Value* arguments, int count)
    {
        Value result;
        int results;
        Status.Check(NativeMethods.tm_call(Handle, arguments, count, &result, 1, &results));
        return result.Pointer;
    }

    private void Invoke(ReadOnlySpan<Argument> arguments, Value* results, int capacity)
    {
        var cellCount = 0;
        foreach (ref readonly var argument in arguments)
        {
            cellCount += argument.Cells;
        }

        var values = stackalloc Value[arguments.Length];
        if (cellCount <= StackCells)
        {
            var cells = stackalloc long[cellCount];
            Invoke(arguments, values, cells, results, capacity);
            return;
        }

        var memory = (long*)NativeMemory.Alloc((nuint)cellCount, sizeof(long));
        try
        {
            Invoke(arguments, values, memory, results, capacity);
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }

    private void Invoke(ReadOnlySpan<Argument> arguments, Value* values, long* cells, Value* results, int capacity)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            cells += arguments[i].Write(values + i, cells);
        }

        int resultCount;
        var status = NativeMethods.tm_call(Handle, values, arguments.Length, results, capacity, &resultCount);
        foreach (ref readonly var argument in arguments)
        {
            GC.KeepAlive(argument.Source);
        }

        Status.Check(status);
        if (resultCount != capacity)
        {
            throw new InvalidOperationException($"{name} gave {resultCount} results where {capacity} were expected.");
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private nint Find()
    {
        nint found;
        Status.Check(NativeMethods.tm_operator(name, overload, names, &found));

        // Two threads may find it at once; the second finding is a few bytes that stay.
        return handle = found;
    }
}
