using TrainMm.Core.Kept;
using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Targets;

/// <summary>
/// What a frozen generator makes of captions and media for training (arXiv:2401.13601, section 2, equations 4 and 5), one after the other: so a target's bits depend on its caption or medium alone, not on what stands beside it,
/// and one that was kept is the one that would be computed.
/// </summary>
/// <param name="generator">The generator.</param>
public sealed class GeneratorTargets(IGenerator generator)
{
    private const string OfCaption = "condition";
    private const string OfMedium = "encoding";

    /// <summary>Where targets are kept; null: each is computed each time.</summary>
    public TensorStore? Store { get; set; }

    /// <summary>τ(t) of each caption, without a graph: [B, C, Dg].</summary>
    /// <param name="captions">[B, Tc] int64, on the generator's device.</param>
    public Tensor Condition(Tensor captions) => Each(OfCaption, captions, generator.Condition);

    /// <summary>What <see cref="IGenerator.Loss"/> has to know of each medium, without a graph: [B, ...] float32.</summary>
    /// <param name="media">[B, ...] float32, as the generator's target says, on its device.</param>
    public Tensor Encode(Tensor media) => Each(OfMedium, media, generator.Encode);

    private Tensor Each(string purpose, Tensor inputs, Func<Tensor, Tensor> compute)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var each = Enumerable.Range(0, (int)inputs.shape[0]).Select(i => inputs.narrow(0, i, 1));              // [1, ...]
        var targets = each.Select(input => Store is null ? compute(input) : Kept(Store, purpose, input, compute));
        return cat([.. targets], 0).MoveToOuterDisposeScope();                                                 // [B, ...]
    }

    private static Tensor Kept(TensorStore store, string purpose, Tensor input, Func<Tensor, Tensor> compute)
    {
        var key = TensorKey.Of(purpose, input.cpu().contiguous());
        if (store.Find(key) is { } found) return found.to(input.device);
        var target = compute(input);
        store.Add(key, target.cpu().contiguous());
        return target;
    }
}
