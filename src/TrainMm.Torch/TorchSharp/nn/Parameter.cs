using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>A tensor that a module registers as its own to train. It takes the tensor it is made of over.</summary>
public class Parameter : Tensor
{
    public Parameter(Tensor data, bool requires_grad = true)
        : base(data.DecoupleFromNativeHandle()) => this.requires_grad = requires_grad;
}
