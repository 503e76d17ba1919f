using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Models.InputProjectors;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.InputProjectors;

/// <summary>Input projectors as a configuration chooses them, with numbers that need no random generator.</summary>
internal static class ProjectorFixture
{
    private const string Root = "image.input_projector";

    /// <summary>A projector that a configuration describes, every parameter trained.</summary>
    public static IInputProjector Create(string projector, FeatureSpec features, int width, Device? device = null)
    {
        var options = ConfigBinder.Bind<Options>(ConfigDocument.Parse($"input_projector: {{ {projector} }}\n", "run.yaml"));
        var scope = new ModuleScope(Root, ScalarType.Float32, device ?? CPU, new TrainablePaths([Root]));
        return options.InputProjector.Create(new InputProjectorContext(scope, features, width, Seed: 1));
    }

    /// <summary>The same with parameters that are neither small nor alike, so that no term is lost in a comparison.</summary>
    public static IInputProjector CreateFilled(string projector, FeatureSpec features, int width)
    {
        var made = Create(projector, features, width);
        using var guard = no_grad();
        var seed = 1;
        foreach (var parameter in made.Module.parameters()) parameter.copy_(Numbers(seed++, parameter.shape).mul(0.4));
        return made;
    }

    /// <summary>Numbers in ±1 without a pattern.</summary>
    public static Tensor Numbers(int seed, params long[] shape) => arange(shape.Aggregate(1L, (all, each) => all * each), ScalarType.Float64).mul(0.71 + (0.013 * seed)).add(seed).sin().to_type(ScalarType.Float32).reshape(shape);

    /// <summary>The parameters in double precision.</summary>
    public static Dictionary<string, Tensor> Weights(IInputProjector projector) =>
        projector.Module.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.detach().to_type(ScalarType.Float64), StringComparer.Ordinal);

    /// <summary>Fails unless both are the same but for rounding in fp32.</summary>
    public static void AssertSame(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        var error = actual.to_type(ScalarType.Float64).sub(expected).pow(2).sum().sqrt().div(expected.pow(2).sum().sqrt()).item<double>();
        Assert.True(error < 1e-5, $"relative error {error:e2}");
    }

    /// <summary>Fails unless every parameter gets a gradient and the loss falls when they follow it.</summary>
    /// <param name="projector">The projector.</param>
    /// <param name="features">[I, N, De].</param>
    /// <param name="unseen">Names of parameters that softmax does not see: a bias on all keys.</param>
    public static void AssertLearns(IInputProjector projector, Tensor features, params string[] unseen)
    {
        var target = Numbers(77, projector.Project(features).shape);
        var losses = new List<double>();
        for (var step = 0; step < 15; step++)
        {
            using var each = NewDisposeScope();
            var loss = projector.Project(features).sub(target).pow(2).mean();
            loss.backward();
            losses.Add(loss.item<float>());
            using var guard = no_grad();
            foreach (var (name, parameter) in projector.Module.named_parameters())
            {
                Assert.True(parameter.grad is not null, $"{name} got no gradient");
                var norm = parameter.grad.pow(2).sum().sqrt().item<float>();
                Assert.True(norm > 0 || unseen.Any(end => name.EndsWith(end, StringComparison.Ordinal)), $"{name}'s gradient is zero");
                parameter.sub_(parameter.grad.mul(0.02));
                parameter.grad = null;
            }
        }

        Assert.True(losses[^1] < 0.97 * losses[0], string.Join(' ', losses));
    }

    /// <summary>Fails unless the projector has exactly these parameters.</summary>
    public static void AssertNames(IReadOnlyDictionary<string, long[]> expected, IInputProjector projector, Func<string, string>? official = null)
    {
        var actual = projector.Module.named_parameters().ToDictionary(pair => official?.Invoke(pair.name) ?? pair.name, pair => pair.parameter.shape, StringComparer.Ordinal);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var (name, shape) in expected) Assert.Equal(shape, actual[name]);
    }

    /// <summary>A weight and a bias.</summary>
    public static void AddBoth(Dictionary<string, long[]> expected, string name, params long[] shape)
    {
        expected[$"{name}.weight"] = shape;
        expected[$"{name}.bias"] = [shape[0]];
    }

    private sealed class Options
    {
        [FromCatalog(typeof(InputProjectorCatalog))]
        public required Component<IInputProjector, InputProjectorContext> InputProjector { get; init; }
    }
}
