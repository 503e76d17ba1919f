using System.Runtime.InteropServices;
using System.Text;
using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        /// <summary>One call of a function, as its node in the graph holds it. libtorch calls back on threads of its own.</summary>
        internal sealed unsafe class FunctionCall(
            AutogradContext context, Func<List<Tensor>, List<Tensor>> backward, int variables, bool[] isTensor, Tensor[] outputs)
        {
            private readonly (long[] Shape, ScalarType Type, Device Device)[] outputKinds =
                [.. outputs.Select(output => (output.shape, output.dtype, output.device))];

            /// <summary>A handle for the node, which frees it.</summary>
            internal nint ToNative() => GCHandle.ToIntPtr(GCHandle.Alloc(this));

            [UnmanagedCallersOnly]
            internal static int Backward(
                nint handle, nint* outputGradients, int outputs, nint* saved, int savedCount, nint* inputGradients, int inputs, byte* error, int capacity)
            {
                try
                {
                    var call = (FunctionCall)GCHandle.FromIntPtr(handle).Target!;
                    using var scope = NewDisposeScope();
                    call.Run(new ReadOnlySpan<nint>(outputGradients, outputs), new ReadOnlySpan<nint>(saved, savedCount), new Span<nint>(inputGradients, inputs));
                    return 0;
                }
                catch (Exception problem)
                {
                    // No exception may cross into C++: its text goes instead, and backward() throws it again.
                    var text = new Span<byte>(error, capacity);
                    var whole = Encoding.UTF8.GetBytes($"{problem.Message} ({problem.GetType().Name} in a backward pass)");
                    var length = Math.Min(whole.Length, capacity - 1);
                    whole.AsSpan(0, length).CopyTo(text);
                    text[length] = 0;
                    return 1;
                }
            }

            [UnmanagedCallersOnly]
            internal static void Free(nint handle) => GCHandle.FromIntPtr(handle).Free();

            private void Run(ReadOnlySpan<nint> outputGradients, ReadOnlySpan<nint> saved, Span<nint> inputGradients)
            {
                List<Tensor> lent = [];
                foreach (var tensor in saved)
                {
                    lent.Add(Tensor.Wrap(tensor)!);
                }

                List<Tensor> gradients = [];
                for (var i = 0; i < outputGradients.Length; i++)
                {
                    gradients.Add(Gradient(outputGradients[i], i)!);
                }

                context.Lend(lent);
                List<Tensor> results;
                try
                {
                    results = backward(gradients);
                }
                finally
                {
                    context.Lend([]);
                }

                if (results.Count != variables)
                {
                    throw new InvalidOperationException($"The function took {variables} arguments, but its backward gave {results.Count} gradients.");
                }

                var place = 0;
                for (var i = 0; i < variables; i++)
                {
                    if (isTensor[i])
                    {
                        inputGradients[place++] = results[i] is { } gradient ? NativeMethods.tm_share(gradient.Native) : 0;
                    }
                }
            }

            private Tensor? Gradient(nint borrowed, int output)
            {
                if (borrowed != 0)
                {
                    return new Tensor(NativeMethods.tm_share(borrowed));
                }

                var (shape, type, device) = outputKinds[output];
                return context.MaterializeGrads ? zeros(shape, type, device) : null;
            }
        }
    }
}
