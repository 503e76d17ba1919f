using System.Text.Json.Nodes;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Text;
using TrainMm.Data.Text.Llava;
using TrainMm.Tests.Data.Text.Tokenizers;

namespace TrainMm.Tests.Data.Text.Llava;

public sealed class LlavaSampleTokenizerTests
{
    private static readonly ITokenizer Tokenizer = TinyTokenizers.ByteFallback()
        .With("added_tokens", """[{"id": 0, "content": "<unk>", "special": true}, {"id": 900, "content": "<s>", "special": true}, {"id": 901, "content": "</s>", "special": true}]""")
        .Load();

    [Theory]
    [InlineData(LlavaVersion.V1, " A cat.</s> Two.</s>")]
    [InlineData(LlavaVersion.Llama2, " A cat. </s> Two. </s>")]
    public void AnswersAreTrainedOn(LlavaVersion version, string expected)
    {
        var sample = Make(version).Tokenize(Conversations.Of("<image>\nWhat?", "A cat.", "How many?", "Two.")).Sample!;
        var supervised = sample.Labels.Where(label => label != TokenizedSample.Ignored).ToArray();
        Assert.Equal(expected.Trim(), Tokenizer.Decode(supervised));
        Assert.Equal([new MediumSpan("image", 0, sample.Media[0].Start, 4)], sample.Media);
    }

    [Fact]
    public void PlainKeepsTheCaptionOnly()
    {
        var sample = Make(LlavaVersion.Plain).Tokenize(Conversations.Of("<image>\nDescribe it.", "a cat")).Sample!;
        Assert.Equal([new MediumSpan("image", 0, 1, 4)], sample.Media);
        Assert.Equal("a cat\n", Tokenizer.Decode(sample.Ids.AsSpan(5)));
        Assert.Equal(sample.Ids[5..], sample.Labels[5..]);
    }

    [Fact]
    public void WhatLlavaWouldMaskWhollyIsCounted()
    {
        var result = Make(LlavaVersion.V1).Tokenize(Conversations.Of("Who?", "I say: ASSISTANT: me"));
        Assert.Equal(TokenizationOutcome.DroppedUnsupervised, result.Outcome);
        Assert.Null(result.Sample);
    }

    [Fact]
    public void APromptIsTheBeginningOfItsConversation()
    {
        foreach (var version in Enum.GetValues<LlavaVersion>())
        {
            var whole = Make(version).Tokenize(Conversations.Of("<image>\nWhat?", "A cat.")).Sample!;
            var prompt = Make(version).TokenizePrompt(Conversations.Of("<image>\nWhat?"));
            Assert.Equal(whole.Ids[..prompt.Ids.Length], prompt.Ids);
            Assert.Equal(0, prompt.SupervisedCount);
            Assert.All(whole.Labels[..prompt.Ids.Length], label => Assert.Equal(TokenizedSample.Ignored, label));
            Assert.NotEqual(TokenizedSample.Ignored, whole.Labels[prompt.Ids.Length]);
        }
    }

    [Fact]
    public void WhatLlavaDoesNotKnowIsRefused()
    {
        Assert.Throws<DataException>(() => Make(LlavaVersion.V1).Tokenize(Conversations.Of("<image><image>", "a")));
        Assert.Throws<DataException>(() => Make(LlavaVersion.V1).Tokenize(Conversations.Of("<audio>", "a")));
        Assert.Throws<DataException>(() => Make(LlavaVersion.V1).Tokenize(Conversations.Of("system:Be brief.", "b", "c")));
        Assert.Throws<DataException>(() => Make(LlavaVersion.V1).Tokenize(Conversations.Of("a")));
        Assert.Throws<DataException>(() => Make(LlavaVersion.Plain).Tokenize(Conversations.Of("<image>", "a", "b", "c")));
        var byteLevel = TinyTokenizers.ByteLevel().With("added_tokens", new JsonArray()).Load();
        Assert.Throws<DataException>(() => new LlavaSampleTokenizer(byteLevel, LlavaVersion.V1, 4, new LengthPolicy(100, TooLong.Fail)));
    }

    private static LlavaSampleTokenizer Make(LlavaVersion version) => new(Tokenizer, version, placeholders: 4, new LengthPolicy(2000, TooLong.Fail));
}
