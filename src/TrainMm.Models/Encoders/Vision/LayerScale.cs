using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>Learned factors on a layer's branch (CaiT, arXiv:2103.17239, section 2).</summary>
internal sealed class LayerScale : NamedModule
{
    /// <summary>Makes the factors.</summary>
    /// <param name="name">What the checkpoint calls them.</param>
    /// <param name="width">De.</param>
    /// <param name="scope">Their place.</param>
    public LayerScale(string name, long width, ModuleScope scope)
        : base(nameof(LayerScale))
    {
        Factors = Add(name, scope.Parameter(name, width));
    }

    /// <summary>[De].</summary>
    public Parameter Factors { get; }
}
