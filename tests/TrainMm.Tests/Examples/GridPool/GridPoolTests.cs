using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Models.InputProjectors;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Examples.GridPool;

/// <summary>The worked example of docs/adding-a-component.md: a new input projector, chosen by configuration and trained.</summary>
public sealed class GridPoolTests
{
    private static readonly FeatureSpec Features = new(Tokens: 16, Width: 12, GridHeight: 4, GridWidth: 4);

    [Fact]
    public void ItEqualsItsDefinition()
    {
        using var scope = NewDisposeScope();
        using var projector = Create("kind: grid_pool");
        var features = rand(2, 16, 12);
        var weights = projector.Module.state_dict();
        var expected = zeros(2, 4, 8);
        for (var token = 0; token < 4; token++)
        {
            var first = ((token / 2) * 8) + ((token % 2) * 2); // of a grid of 4 × 4 features, four of which are one token
            var neighbours = new[] { first, first + 1, first + 4, first + 5 }.Select(each => features.select(1, each)).ToArray(); // 4 of [2, 12]
            expected.select(1, token).copy_(stack(neighbours).mean([0]).matmul(weights["linear.weight"].t()).add(weights["linear.bias"]));
        }

        Assert.Equal(4, projector.TokensFor(Features));
        Assert.True(projector.Project(features).sub(expected).abs().max().item<float>() < 1e-6);
    }

    [Fact]
    public void ItLearns()
    {
        using var scope = NewDisposeScope();
        using var projector = Create("{ kind: grid_pool, factor: 1 }");
        var (features, target) = (rand(4, 16, 12), rand(4, 16, 8));
        var losses = new List<float>();
        for (var step = 0; step < 20; step++)
        {
            using var each = NewDisposeScope();
            var loss = projector.Project(features).sub(target).pow(2).mean();
            loss.backward();
            losses.Add(loss.item<float>());
            using var guard = no_grad();
            foreach (var parameter in projector.Module.parameters())
            {
                parameter.sub_(parameter.grad!.mul(0.1));
                parameter.grad!.zero_();
            }
        }

        Assert.True(losses[^1] < 0.5 * losses[0], string.Join(' ', losses));
    }

    [Fact]
    public void AFactorThatDoesNotFitNamesTheLine() => Snapshot.Match(
        Assert.Throws<ConfigurationException>(() => Create("kind: grid_pool\n  factor: 3")).Message, "does-not-fit");

    private static IInputProjector Create(string projector)
    {
        var options = ConfigBinder.Bind<ExampleOptions>(ConfigDocument.Parse($"input_projector:\n  {projector}\n", "run.yaml"));
        var scope = new ModuleScope("image.input_projector", ScalarType.Float32, CPU, new TrainablePaths(["image.input_projector"]));
        return options.InputProjector.Create(new InputProjectorContext(scope, Features, Width: 8, Seed: 1));
    }

    /// <summary>The projectors of TrainMm and the new one; in the project itself the new line goes into InputProjectorCatalog.</summary>
    public static class ExampleCatalog
    {
        public static readonly Catalog<IInputProjector, InputProjectorContext> All = new(
            "input projector",
            [
                .. InputProjectorCatalog.All.Entries.Cast<ICatalogEntry<IInputProjector, InputProjectorContext>>(),
                CatalogEntry.Of("grid_pool", (GridPoolOptions options, InputProjectorContext context) => new GridPoolProjector(options, context), "DeCo, arXiv:2405.20985, section 4"),
            ]);
    }

    private sealed class ExampleOptions
    {
        [FromCatalog(typeof(ExampleCatalog))]
        public required Component<IInputProjector, InputProjectorContext> InputProjector { get; init; }
    }
}
