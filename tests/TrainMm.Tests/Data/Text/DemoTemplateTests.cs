using TrainMm.Data;
using TrainMm.Data.Text;
using TrainMm.Data.Text.Templates;
using TrainMm.Data.Text.Tokenizers;

namespace TrainMm.Tests.Data.Text;

/// <summary>The demo's two prompts, as the pack that its checkpoints came with describes them.</summary>
public sealed class DemoTemplateTests
{
    private static readonly ITokenizer Tokenizer = TokenizerFile.Load(Path.Combine(Snapshot.RepositoryRoot, "data-manifests", "emoji", "frozen", "llm"));
    private static readonly Dictionary<string, string> MediaTokens = new(StringComparer.Ordinal) { ["image"] = "<|image|>" };
    private static readonly Dictionary<string, int> Placeholders = new(StringComparer.Ordinal) { ["image"] = 16 };

    [Fact]
    public void StageOneLearnsTheCaptionAfterTheColon()
    {
        var options = new CustomTemplateOptions { DiscardPrompt = true, AssistantPrefix = ":", AnswerPrefix = " ", MediaTokens = MediaTokens };
        var sample = Tokenize(options, Conversations.Of("<image>", "a drawing of flag: South Korea."));
        int[] caption = [263, 299, 272, 370, 31, 1407, 867, 599, 70, 19, 2];
        Assert.Equal([1, .. Enumerable.Repeat(5, 16), 31, .. caption], sample.Ids);
        Assert.Equal([.. Enumerable.Repeat(TokenizedSample.Ignored, 18), .. caption], sample.Labels);
        Assert.Equal([new MediumSpan("image", 0, 1, 16)], sample.Media);
    }

    [Fact]
    public void StageTwoLearnsEachAnswerAndItsEnd()
    {
        var options = new CustomTemplateOptions { UserPrefix = "<|user|>", AssistantPrefix = "<|assistant|>", AnswerPrefix = " ", MediaTokens = MediaTokens };
        var sample = Tokenize(options, Conversations.Of("<image>\nWhat is this?", "sponge", "Which colour covers most of it?", "orange"));
        Assert.Equal(
            $"<|bos|><|user|>{string.Concat(Enumerable.Repeat("<|image|>", 16))}\nWhat is this?<|assistant|> sponge<|eos|><|user|>Which colour covers most of it?<|assistant|> orange<|eos|>",
            Tokenizer.Decode(sample.Ids));
        Assert.Equal(" sponge<|eos|> orange<|eos|>", Tokenizer.Decode([.. sample.Labels.Where(label => label != TokenizedSample.Ignored)]));
        Assert.Equal([new MediumSpan("image", 0, 2, 16)], sample.Media);
    }

    private static TokenizedSample Tokenize(TemplateOptions options, Sample sample)
    {
        var tokenizer = new SampleTokenizer(Tokenizer, new ChatTemplate(options, Tokenizer), Placeholders, new LengthPolicy(512, TooLong.Fail));
        return tokenizer.Tokenize(sample).Sample!;
    }
}
