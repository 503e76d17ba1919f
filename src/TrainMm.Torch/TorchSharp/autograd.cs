using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        public static void backward(Tensor tensor, Tensor grad_tensor, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null) =>
            backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);

        public static void backward(
            Tensor tensor, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null) =>
            backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        public static unsafe void backward(
            IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null)
        {
            var outputs = Handles(tensors);
            var gradients = Handles(grad_tensors);
            var leaves = Handles(inputs);
            fixed (nint* outputsAt = outputs, gradientsAt = gradients, leavesAt = leaves)
            {
                Status.Check(NativeMethods.tm_backward(
                    outputsAt, outputs.Length, gradientsAt, gradients.Length, (retain_graph ?? create_graph) ? 1 : 0, create_graph ? 1 : 0, leavesAt, leaves.Length));
            }

            GC.KeepAlive(tensors);
            GC.KeepAlive(grad_tensors);
            GC.KeepAlive(inputs);
        }

        public static unsafe IList<Tensor> grad(
            IList<Tensor> outputs,
            IList<Tensor> inputs,
            IList<Tensor>? grad_outputs = null,
            bool retain_graph = false,
            bool create_graph = false,
            bool allow_unused = false)
        {
            var roots = Handles(outputs);
            var leaves = Handles(inputs);
            var gradients = Handles(grad_outputs);
            var results = new nint[leaves.Length];
            fixed (nint* rootsAt = roots, leavesAt = leaves, gradientsAt = gradients, resultsAt = results)
            {
                Status.Check(NativeMethods.tm_gradients(
                    rootsAt,
                    roots.Length,
                    leavesAt,
                    leaves.Length,
                    gradientsAt,
                    gradients.Length,
                    retain_graph || create_graph ? 1 : 0,
                    create_graph ? 1 : 0,
                    allow_unused ? 1 : 0,
                    resultsAt));
            }

            GC.KeepAlive(outputs);
            GC.KeepAlive(inputs);
            GC.KeepAlive(grad_outputs);
            return [.. results.Select(handle => Tensor.Wrap(handle)!)];
        }

        internal static nint[] Handles(IList<Tensor>? tensors) => tensors is null ? [] : [.. tensors.Select(tensor => tensor?.Native ?? 0)];
    }
}
