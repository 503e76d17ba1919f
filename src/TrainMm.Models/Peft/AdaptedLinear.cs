using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers.Quantised;
using static TorchSharp.torch;

namespace TrainMm.Models.Peft;

/// <summary>A linear layer with an adapter's parameters around it. The layer's own parameters keep their official names.</summary>
public abstract class AdaptedLinear : LinearLayer
{
    /// <summary>Takes a layer's parameters over.</summary>
    /// <param name="name">The class name in messages.</param>
    /// <param name="inner">The layer.</param>
    protected AdaptedLinear(string name, LinearLayer inner)
        : base(name, inner.Weight, inner.Bias, inner.IsTransposed)
    {
        Inner = inner;
        foreach (var (path, parameter) in inner.named_parameters()) Add(path, parameter);
    }

    /// <inheritdoc/>
    public sealed override long InFeatures => Inner.InFeatures;

    /// <inheritdoc/>
    public sealed override long OutFeatures => Inner.OutFeatures;

    /// <summary>The layer as the language model made it.</summary>
    protected LinearLayer Inner { get; }

    /// <inheritdoc/>
    public sealed override Tensor Values() => Inner.Values();

    /// <summary>Gives parameters whose first values depend on the frozen weights those values; the weights are there when it is called.</summary>
    public virtual void Start()
    {
    }

    /// <summary>Makes the adapter part of the weight.</summary>
    /// <exception cref="InvalidOperationException">It is already, or it cannot be.</exception>
    public abstract void Merge();

    /// <summary>Takes the adapter out of the weight again.</summary>
    /// <exception cref="InvalidOperationException">It is not in the weight.</exception>
    public abstract void Unmerge();

    /// <summary>Whether the layer keeps its weight in fewer bits, which have no room for an adapter.</summary>
    internal bool IsQuantised => Inner is QuantisedLinear;

    /// <summary>Refuses to merge into bytes.</summary>
    /// <exception cref="InvalidOperationException">The weight is quantised.</exception>
    protected void RequireOwnWeight()
    {
        if (IsQuantised) throw new InvalidOperationException("The weight is quantised: an adapter cannot become part of it.");
    }

    /// <summary>Replaces the weight's values, given as [out, in].</summary>
    protected void Store(Tensor values) => Weight.detach().copy_(IsTransposed ? values.t() : values);

    /// <summary>A parameter with a name below the layer's: <c>lora_A.weight</c>.</summary>
    protected sealed class Leaf : NamedModule
    {
        /// <summary>Takes the parameters over.</summary>
        /// <param name="parameters">By name.</param>
        public Leaf(params IReadOnlyList<(string Name, Parameter Parameter)> parameters)
            : base(nameof(Leaf))
        {
            foreach (var (name, parameter) in parameters) Add(name, parameter);
        }
    }
}
