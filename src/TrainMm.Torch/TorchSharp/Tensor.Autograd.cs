using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public bool requires_grad
        {
            get => NativeMethods.tm_requires_grad(Native) != 0;
            set => Status.Check(NativeMethods.tm_set_requires_grad(Native, value ? 1 : 0));
        }

        public bool is_leaf => NativeMethods.tm_is_leaf(Native) != 0;

        public Tensor? grad
        {
            get => Wrap(NativeMethods.tm_grad(Native));
            set
            {
                Status.Check(NativeMethods.tm_set_grad(Native, value?.Native ?? 0));
                GC.KeepAlive(value);
            }
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        public void retain_grad() => Status.Check(NativeMethods.tm_retain_grad(Native));

        public void backward() => autograd.backward(this);

        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);

        /// <summary>Takes over the values, dtype and device of another tensor, as assigning to <c>data</c> does in PyTorch.</summary>
        internal void SetData(Tensor source)
        {
            Status.Check(NativeMethods.tm_set_data(Native, source.Native));
            GC.KeepAlive(source);
        }

        public Tensor detach() => Aten.Detach.Unary(this);

        public Tensor detach_() => Aten.DetachInPlace.CallInPlace(this);
    }
}
