using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Models.Layers;
using TrainMm.Models.Peft;
using TrainMm.Models.Peft.Prefix;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.LanguageModels;

/// <summary>Texts that stand end to end in a row are to every decoder what they are alone.</summary>
public sealed class PackedTextsTests
{
    // fp32: the linear layers' products over other numbers of rows may be summed in another order, and the tiny models' large weights make the difference larger from layer to layer.
    private const double Tolerance = 5e-6;

    private static readonly long[] Lengths = [9, 4, 1, 6];

    /// <summary>Every decoder but the one whose questions see themselves as a whole, with a prefix where it says how wide one is.</summary>
    public static TheoryData<string, bool> Kinds
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (string kind in TinyLanguageModels.Decoders)
            {
                if (kind == "chatglm") continue;
                cases.Add(kind, false);
                cases.Add(kind, true);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void StatesAndGradientsAreThoseOfTheTextsAlone(string kind, bool hasPrefix)
    {
        using var scope = NewDisposeScope();
        using var peft = hasPrefix ? AdapterCatalog.All.Component("prefix_tuning", new PrefixOptions { NumVirtualTokens = 3 }).Create(new PeftContext(7, new TrainablePaths([]))) : null;
        using var model = TinyLanguageModels.Build(kind, peft: peft);
        AssertTheSame(model);
    }

    [Fact]
    public void StretchedPositionsBeginAnewToo()
    {
        using var scope = NewDisposeScope();
        var stretched = TinyModel.Llama with { MaxPositionEmbeddings = 4, RopeScaling = new RotaryScalingOptions { Type = RotaryScalingType.Linear, Factor = 4 } };
        using var model = TinyLanguageModels.Build("llama", options: new LlamaOptions { Architecture = stretched });
        AssertTheSame(model);
    }

    [Fact]
    public void NoTextsChangeReachesAnother()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = TinyLanguageModels.Build("llama");
        var ids = Row();
        var changed = ids.clone();
        changed.narrow(1, Lengths[0], Lengths[1]).fill_(33);
        var (before, after) = (Packed(model, model.Embed(ids)), Packed(model, model.Embed(changed)));
        Assert.True(before.narrow(0, 0, Lengths[0]).equal(after.narrow(0, 0, Lengths[0])).all().item<bool>());
        Assert.True(before.narrow(0, 13, 7).equal(after.narrow(0, 13, 7)).all().item<bool>());
        Assert.True(before.narrow(0, 9, 4).sub(after.narrow(0, 9, 4)).abs().max().item<float>() > 1e-2);
    }

    [Fact]
    public void TextsInARowCannotBeContinued()
    {
        using var scope = NewDisposeScope();
        using var model = TinyLanguageModels.Build("llama");
        using var cache = new KeyValueCache(20);
        Assert.Throws<InvalidOperationException>(() => model.Decode(model.Embed(Row()), new() { Sequences = Lengths, Cache = cache }));
    }

    private static void AssertTheSame(ILanguageModel model)
    {
        using var embedded = model.Embed(Row()).detach().requires_grad_();
        var packed = Packed(model, embedded);
        var gradient = autograd.grad([Weighted(packed)], [embedded])[0];
        var texts = embedded.split(Lengths, 1).Select((text, i) => model.Decode(text, new() { Positions = arange(Lengths[i], ScalarType.Int64).unsqueeze(0) }).squeeze(0)).ToArray();
        var alone = cat(texts, 0);                                                                // [N, D]
        AssertClose(alone, packed, "states");
        AssertClose(autograd.grad([Weighted(alone)], [embedded])[0], gradient, "gradient");

        // The last layer's wanted positions, one in each text.
        var wanted = tensor(new long[] { 3, 9, 13, 19 });
        AssertClose(alone.index_select(0, wanted), model.Decode(embedded, Input() with { Wanted = wanted }), "wanted");
    }

    private static Tensor Packed(ILanguageModel model, Tensor embedded) => model.Decode(embedded, Input()).squeeze(0); // [N, D]

    private static DecoderInput Input() => new()
    {
        AttentionMask = ones([1, Lengths.Sum()], ScalarType.Bool),
        Positions = cat([.. Lengths.Select(length => arange(length, ScalarType.Int64))], 0).unsqueeze(0),
        Sequences = Lengths,
    };

    /// <summary>[1, 20] ids.</summary>
    private static Tensor Row() => cat([TinyLanguageModels.Ids().view(1, 18), tensor(new long[] { 31, 2 }).unsqueeze(0)], 1);

    private static Tensor Weighted(Tensor states) => states.mul(linspace(-1, 1, states.numel()).view(states.shape)).sum();

    private static void AssertClose(Tensor expected, Tensor actual, string what)
    {
        var difference = expected.sub(actual).norm().item<float>() / expected.norm().item<float>();
        Assert.True(difference <= Tolerance, $"{what}: {difference:e2}");
    }
}
