using TrainMm.Core.Roles;
using TrainMm.Models.LanguageModels.InternLm2;
using TrainMm.Models.LanguageModels.Qwen;
using TrainMm.Models.LanguageModels.Qwen2;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.LanguageModels;

/// <summary>InternLM2 and Qwen against a Qwen2, which is proven by its reference, with their weights taken apart and renamed.</summary>
public sealed class FusedProjectionTests
{
    private const int Heads = 4;
    private const int KeyHeads = 2;
    private const int HeadWidth = 4;
    private const int Width = 16;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void InternLm2KeepsEachGroupsQueriesBeforeItsKeyAndValue(bool bias)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var sizes = new InternLm2Architecture
        {
            VocabSize = 40,
            HiddenSize = Width,
            IntermediateSize = 24,
            NumHiddenLayers = 2,
            NumAttentionHeads = Heads,
            NumKeyValueHeads = KeyHeads,
            Bias = bias,
            InitializerRange = 0.3,
        };
        using var model = TinyLanguageModels.Build("internlm2", options: new InternLm2Options { Architecture = sizes });
        using var other = TinyLanguageModels.Build("qwen2", options: new Qwen2Options { Architecture = Same(24) });
        var (ours, theirs) = (Draw(model), Parameters(other));
        for (var layer = 0; layer < 2; layer++)
        {
            var (from, to) = ($"model.layers.{layer}.", $"model.layers.{layer}.");
            foreach (var end in (string[])[".weight", .. bias ? [".bias"] : Array.Empty<string>()])
            {
                var (q, k, v) = TakeApart(ours[$"{from}attention.wqkv{end}"]);
                theirs[$"{to}self_attn.q_proj{end}"].copy_(q);
                theirs[$"{to}self_attn.k_proj{end}"].copy_(k);
                theirs[$"{to}self_attn.v_proj{end}"].copy_(v);
            }

            if (bias) ours[$"{from}attention.wo.bias"].fill_(0); // Qwen2 has none
            Copy(($"{from}attention.wo.weight", $"{to}self_attn.o_proj.weight"), ($"{from}attention_norm.weight", $"{to}input_layernorm.weight"), ($"{from}ffn_norm.weight", $"{to}post_attention_layernorm.weight"));
            Copy(($"{from}feed_forward.w1.weight", $"{to}mlp.gate_proj.weight"), ($"{from}feed_forward.w3.weight", $"{to}mlp.up_proj.weight"), ($"{from}feed_forward.w2.weight", $"{to}mlp.down_proj.weight"));
        }

        Copy(("model.tok_embeddings.weight", "model.embed_tokens.weight"), ("model.norm.weight", "model.norm.weight"), ("output.weight", "lm_head.weight"));
        AssertSame(model, other);

        void Copy(params (string From, string To)[] pairs) => CopyAll(ours, theirs, pairs);
    }

    [Fact]
    public void QwenKeepsQueriesKeysAndValuesOneAfterTheOther()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = TinyLanguageModels.Build("qwen", options: new QwenOptions { Architecture = Qwen(layers: 2) });
        using var other = TinyLanguageModels.Build("qwen2", options: new Qwen2Options { Architecture = Same(24, Heads) });
        Draw(model);
        CopyQwen(model, other, layers: 2);
        AssertSame(model, other);
    }

    [Fact]
    public void QwensQueriesBeyondTheTrainedLengthGrowWithTheLogarithmUnlessItIsTrained()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = TinyLanguageModels.Build("qwen", options: new QwenOptions { Architecture = Qwen(layers: 1, trainedLength: 4) });
        using var other = TinyLanguageModels.Build("qwen2", options: new Qwen2Options { Architecture = Same(24, Heads, layers: 1) });
        Draw(model);
        CopyQwen(model, other, layers: 1);
        var theirs = Parameters(other);
        model.Module.eval();
        var stretched = Hidden(model);
        for (var i = 0; i < 9; i++)
        {
            var scale = Math.Max(1, Math.Log(i + 1) / Math.Log(4));
            foreach (var end in (string[])["weight", "bias"]) theirs[$"model.layers.0.self_attn.q_proj.{end}"].mul_(scale);
            Assert.True(stretched.select(1, i).sub(Hidden(other).select(1, i)).abs().max().item<float>() < 1e-4, $"{i}");
            foreach (var end in (string[])["weight", "bias"]) theirs[$"model.layers.0.self_attn.q_proj.{end}"].div_(scale);
        }

        Assert.False(stretched.allclose(Hidden(other), 1e-3, 1e-3));
        model.Module.train();
        AssertSame(model, other);
    }

    private static QwenArchitecture Qwen(int layers, int trainedLength = 64) => new()
    {
        VocabSize = 40,
        HiddenSize = Width,
        IntermediateSize = 48,
        NumHiddenLayers = layers,
        NumAttentionHeads = Heads,
        KvChannels = HeadWidth,
        SeqLength = trainedLength,
        UseDynamicNtk = trainedLength == 64,
        InitializerRange = 0.3,
    };

    private static Qwen2Architecture Same(int intermediate, int keyHeads = KeyHeads, int layers = 2) => new()
    {
        VocabSize = 40,
        HiddenSize = Width,
        IntermediateSize = intermediate,
        NumHiddenLayers = layers,
        NumAttentionHeads = Heads,
        NumKeyValueHeads = keyHeads,
    };

    private static void CopyQwen(ILanguageModel model, ILanguageModel other, int layers)
    {
        var (ours, theirs) = (Parameters(model), Parameters(other));
        for (var layer = 0; layer < layers; layer++)
        {
            var (from, to) = ($"transformer.h.{layer}.", $"model.layers.{layer}.");
            foreach (var end in (string[])[".weight", ".bias"])
            {
                var parts = (string[])["q_proj", "k_proj", "v_proj"];
                for (var i = 0; i < 3; i++) theirs[$"{to}self_attn.{parts[i]}{end}"].copy_(ours[$"{from}attn.c_attn{end}"].narrow(0, i * Width, Width));
            }

            CopyAll(ours, theirs, ($"{from}attn.c_proj.weight", $"{to}self_attn.o_proj.weight"), ($"{from}ln_1.weight", $"{to}input_layernorm.weight"), ($"{from}ln_2.weight", $"{to}post_attention_layernorm.weight"));
            CopyAll(ours, theirs, ($"{from}mlp.w2.weight", $"{to}mlp.gate_proj.weight"), ($"{from}mlp.w1.weight", $"{to}mlp.up_proj.weight"), ($"{from}mlp.c_proj.weight", $"{to}mlp.down_proj.weight"));
        }

        CopyAll(ours, theirs, ("transformer.wte.weight", "model.embed_tokens.weight"), ("transformer.ln_f.weight", "model.norm.weight"), ("lm_head.weight", "lm_head.weight"));
    }

    /// <summary>[(heads + 2 key heads) d, ...] → queries, keys and values, row by row.</summary>
    private static (Tensor Queries, Tensor Keys, Tensor Values) TakeApart(Tensor joined)
    {
        var (queries, keys, values) = (new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
        var row = 0;
        for (var group = 0; group < KeyHeads; group++)
        {
            foreach (var part in (List<Tensor>[])[.. Enumerable.Repeat(queries, Heads / KeyHeads), keys, values])
            {
                part.Add(joined.narrow(0, row, HeadWidth));
                row += HeadWidth;
            }
        }

        return (cat([.. queries], 0), cat([.. keys], 0), cat([.. values], 0));
    }

    /// <summary>Gives every parameter, biases too, a value of its own.</summary>
    private static Dictionary<string, Tensor> Draw(ILanguageModel model)
    {
        var parameters = Parameters(model);
        using var generator = new Generator(11, CPU);
        foreach (var parameter in parameters.Values) parameter.copy_(randn(parameter.shape, ScalarType.Float32, CPU, generator: generator).mul(0.3));
        return parameters;
    }

    private static Dictionary<string, Tensor> Parameters(ILanguageModel model) => model.Module.named_parameters().ToDictionary(pair => pair.name, pair => (Tensor)pair.parameter, StringComparer.Ordinal);

    private static void CopyAll(Dictionary<string, Tensor> ours, Dictionary<string, Tensor> theirs, params (string From, string To)[] pairs)
    {
        foreach (var (from, to) in pairs) theirs[to].copy_(ours[from]);
    }

    private static Tensor Hidden(ILanguageModel model) => model.Decode(model.Embed(TinyLanguageModels.Ids()), new());

    private static void AssertSame(ILanguageModel model, ILanguageModel other)
    {
        var (hidden, expected) = (Hidden(model), Hidden(other));
        Assert.True(hidden.sub(expected).abs().max().item<float>() < 1e-5);
        Assert.True(model.Logits(hidden).sub(other.Logits(expected)).abs().max().item<float>() < 1e-5);
        Assert.True(expected.abs().max().item<float>() > 0.1);
    }
}
