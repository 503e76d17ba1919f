using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models.InputProjectors;
using TrainMm.Models.InputProjectors.FrameStack;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.InputProjectors;

public sealed class FrameStackTests
{
    private static readonly FeatureSpec Features = new(11, 4);

    [Fact]
    public void ItEqualsItsDefinition()
    {
        using var scope = NewDisposeScope();
        using var projector = Create(3);
        var features = arange(2 * 11 * 4, ScalarType.Float32).mul(0.7).sin().view(2, 11, 4);
        var weights = projector.Module.state_dict();
        var actual = projector.Project(features);
        Assert.Equal(3, projector.TokensFor(Features)); // two frames are left over
        Assert.Equal([2, 3, 5], actual.shape);
        for (var item = 0; item < 2; item++)
        {
            for (var token = 0; token < 3; token++)
            {
                var joined = cat([features[item, 3 * token], features[item, (3 * token) + 1], features[item, (3 * token) + 2]], 0);
                var hidden = weights["linear1.weight"].mv(joined).add(weights["linear1.bias"]).clamp(min: 0);
                var expected = weights["linear2.weight"].mv(hidden).add(weights["linear2.bias"]);
                Assert.True(expected.sub(actual[item, token]).abs().max().item<float>() < 1e-6);
            }
        }
    }

    [Fact]
    public void SlamAsrsNamesAndShapes()
    {
        var context = new InputProjectorContext(new ModuleScope("audio.input_projector", ScalarType.Float16, META), new FeatureSpec(1500, 1280), 4096, 0);
        using var projector = new FrameStackProjector(new FrameStackOptions(), context);
        var shapes = projector.named_parameters().ToDictionary(pair => pair.name, pair => string.Join(' ', pair.parameter.shape), StringComparer.Ordinal);
        Assert.Equal(("2048 6400", "2048", "4096 2048", "4096"), (shapes["linear1.weight"], shapes["linear1.bias"], shapes["linear2.weight"], shapes["linear2.bias"]));
        Assert.Equal(300, projector.TokensFor(context.Features));
    }

    [Fact]
    public void AGroupOfMoreThanThereIsIsAnError()
    {
        var error = Assert.Throws<ConfigurationException>(() => Create(12));
        Assert.Contains("is more than the encoder's 11 features", error.Message, StringComparison.Ordinal);
    }

    private static IInputProjector Create(int group) => InputProjectorCatalog.All.Component("frame_stack", new FrameStackOptions { Group = group, HiddenWidth = 6 })
        .Create(new InputProjectorContext(new ModuleScope("audio.input_projector", ScalarType.Float32, CPU), Features, 5, 1));
}
