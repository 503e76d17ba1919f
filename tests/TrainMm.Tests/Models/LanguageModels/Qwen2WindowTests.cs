using TrainMm.Models.LanguageModels.Qwen2;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.LanguageModels;

/// <summary>The readings of Qwen2's switch: transformers 4.39's own attention hands the window to its mask and does not look at use_sliding_window; its other attentions and later versions do.</summary>
public sealed class Qwen2WindowTests
{
    // With a window there are masked scores, without one the fused operator: the same sums in another order.
    private const float Tolerance = 1e-5f;

    [Fact]
    public void TheSwitchIsLookedAtUnlessTheWindowIsAlwaysThere()
    {
        using var scope = NewDisposeScope();
        var whole = Hidden(isUsed: false, window: 64, WindowLayers.All);
        var windowed = Hidden(isUsed: true, window: 3, WindowLayers.All);
        AssertClose(whole, Hidden(isUsed: false, window: 3, WindowLayers.All));
        AssertClose(windowed, Hidden(isUsed: false, window: 3, WindowLayers.Always));
        AssertClose(windowed, Hidden(isUsed: true, window: 3, WindowLayers.Always));

        // The fifth token is the first that does not see the first.
        Assert.True(whole.narrow(1, 0, 4).sub(windowed.narrow(1, 0, 4)).abs().max().item<float>() < Tolerance);
        Assert.True(whole.select(1, 4).sub(windowed.select(1, 4)).abs().max().item<float>() > 100 * Tolerance);
    }

    private static void AssertClose(Tensor expected, Tensor actual) => Assert.True(expected.sub(actual).abs().max().item<float>() < Tolerance);

    private static Tensor Hidden(bool isUsed, int window, WindowLayers layers)
    {
        var sizes = new Qwen2Architecture
        {
            VocabSize = 40,
            HiddenSize = 16,
            IntermediateSize = 24,
            NumHiddenLayers = 2,
            NumAttentionHeads = 4,
            NumKeyValueHeads = 2,
            UseSlidingWindow = isUsed,
            SlidingWindow = window,
            InitializerRange = 0.3,
        };
        using var model = TinyLanguageModels.Build("qwen2", options: new Qwen2Options { Architecture = sizes, WindowLayers = layers });
        return model.Decode(model.Embed(TinyLanguageModels.Ids()), new());
    }
}
