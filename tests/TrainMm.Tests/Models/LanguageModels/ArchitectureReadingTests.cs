using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Models.LanguageModels.Gemma;
using TrainMm.Models.LanguageModels.Gpt2;
using TrainMm.Models.LanguageModels.GptNeox;
using TrainMm.Models.LanguageModels.InternLm2;
using TrainMm.Models.LanguageModels.Mistral;
using TrainMm.Models.LanguageModels.Mixtral;
using TrainMm.Models.LanguageModels.Opt;
using TrainMm.Models.LanguageModels.Phi;
using TrainMm.Models.LanguageModels.Qwen;
using TrainMm.Models.LanguageModels.Qwen2;
using TrainMm.Models.Layers;
using static TrainMm.Tests.Models.LanguageModels.TinyLanguageModels;

namespace TrainMm.Tests.Models.LanguageModels;

public sealed class ArchitectureReadingTests
{
    [Fact]
    public void WhatAConfigLeavesOutIsAsInTheOfficialClass()
    {
        var mistral = Read("{}", MistralArchitecture.Read);
        Assert.Equal((14336, 8, 131072, 4096, 1e-6), (mistral.IntermediateSize, mistral.NumKeyValueHeads, mistral.MaxPositionEmbeddings, mistral.SlidingWindow, mistral.RmsNormEps));
        var mixtral = Read("{}", MixtralArchitecture.Read);
        Assert.Equal((8, 2, 0.001, 1e6, null, 1e-5), (mixtral.NumLocalExperts, mixtral.NumExpertsPerTok, mixtral.RouterAuxLossCoef, mixtral.RopeTheta, mixtral.SlidingWindow, mixtral.RmsNormEps));
        var qwen2 = Read("{}", Qwen2Architecture.Read);
        Assert.Equal((151936, 22016, 32, false, 4096, 28, false), (qwen2.VocabSize, qwen2.IntermediateSize, qwen2.NumKeyValueHeads, qwen2.UseSlidingWindow, qwen2.SlidingWindow, qwen2.MaxWindowLayers, qwen2.TieWordEmbeddings));
        var gemma = Read("""{"hidden_act": "gelu"}""", GemmaArchitecture.Read);
        Assert.Equal((256000, 3072, 256, "gelu_pytorch_tanh", true), (gemma.VocabSize, gemma.HiddenSize, gemma.HeadDim, gemma.HiddenActivation, gemma.TieWordEmbeddings));
        var phi = Read("{}", PhiArchitecture.Read);
        Assert.Equal((51200, 32, 32, 0.5, "gelu_new", false), (phi.VocabSize, phi.KeyHeads, phi.RotaryWidth, phi.PartialRotaryFactor, phi.HiddenAct, phi.QkLayernorm));
        var neox = Read("{}", GptNeoxArchitecture.Read);
        Assert.Equal((44, 24, true, true, false), (neox.NumHiddenLayers, neox.RotaryWidth, neox.UseParallelResidual, neox.AttentionBias, neox.TieWordEmbeddings));
        var opt = Read("{}", OptArchitecture.Read);
        Assert.Equal((50272, 768, true, true, true, "relu"), (opt.VocabSize, opt.TableWidth, opt.DoLayerNormBefore, opt.EnableBias, opt.LayerNormElementwiseAffine, opt.ActivationFunction));
        var gpt2 = Read("{}", Gpt2Architecture.Read);
        Assert.Equal((50257, 1024, null, true, false, true), (gpt2.VocabSize, gpt2.NPositions, gpt2.NInner, gpt2.ScaleAttnWeights, gpt2.ScaleAttnByInverseLayerIdx, gpt2.TieWordEmbeddings));
        var internLm2 = Read("{}", InternLm2Architecture.Read);
        Assert.Equal((103168, 32, true), (internLm2.VocabSize, internLm2.KeyHeads, internLm2.Bias));
        var qwen = Read("{}", QwenArchitecture.Read);
        Assert.Equal((128, 8192, true, true, true), (qwen.RotaryWidth, qwen.SeqLength, qwen.UseDynamicNtk, qwen.UseLognAttn, qwen.NoBias));
    }

    [Fact]
    public void NullIsNotAbsence()
    {
        var read = Read("""{"sliding_window": null, "num_key_value_heads": null, "num_attention_heads": 16}""", MistralArchitecture.Read);
        Assert.Equal((null, 16), (read.SlidingWindow, read.NumKeyValueHeads));
    }

    [Fact]
    public void ALlavasLanguageModelMayBeOfAnyKind()
    {
        Assert.Equal(64, Read("""{"model_type": "llava", "text_config": {"model_type": "mistral", "hidden_size": 64, "num_key_value_heads": 8}}""", MistralArchitecture.Read).HiddenSize);
        Assert.Equal(64, Read("""{"model_type": "llava_mistral", "hidden_size": 64}""", MistralArchitecture.Read).HiddenSize);
    }

    [Fact]
    public void RotaryScalingsHaveTheirNumbers()
    {
        var llama3 = Read(
            """{"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 8192}}""", PhiArchitecture.Read).RopeScaling!;
        Assert.Equal(new Llama3RotaryScaling(8, 1, 4, 8192), llama3.Create(131072));
        var yarn = Read("""{"rope_scaling": {"type": "yarn", "factor": 4, "beta_fast": 16}}""", PhiArchitecture.Read).RopeScaling!;
        Assert.Equal(new YarnRotaryScaling(4, 2048, 16), yarn.Create(2048));
    }

    [Fact]
    public void WhatCannotBeIsRefusedByItsKey()
    {
        string[] messages =
        [
            Message("""{"model_type": "llama"}""", MistralArchitecture.Read), Message("""{"num_attention_heads": 12}""", MistralArchitecture.Read), Message("""{"num_experts_per_tok": 9}""", MixtralArchitecture.Read),
            Message("""{"num_key_value_heads": 5}""", Qwen2Architecture.Read), Message("""{"head_dim": 5}""", GemmaArchitecture.Read), Message("""{"partial_rotary_factor": 1.5}""", PhiArchitecture.Read),
            Message("""{"rotary_pct": 0.001}""", GptNeoxArchitecture.Read), Message("""{"activation_function": "rellu"}""", OptArchitecture.Read), Message("""{"n_head": 7}""", Gpt2Architecture.Read),
            Message("""{"num_attention_heads": 3}""", InternLm2Architecture.Read), Message("""{"kv_channels": 64}""", QwenArchitecture.Read), Message("""{"intermediate_size": 7}""", QwenArchitecture.Read),
        ];
        Snapshot.Match(string.Join('\n', messages), "faults");
    }

    private static string Message<T>(string json, Func<HuggingFaceConfig, T> read)
    {
        var message = Assert.Throws<CheckpointException>(() => Read(json, read)).Message;
        return message[message.IndexOf("config.json", StringComparison.Ordinal)..];
    }
}
